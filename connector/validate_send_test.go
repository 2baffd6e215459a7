package connector_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// sendRows are the rules of Send connectors and of what belongs to no connector.
var sendRows = []ruleRow{
	{rule: "S1", path: `Send["Gateway"].DNSRoutingEnabled`, code: connector.CodeDNSRouting,
		wrong: gateway(func(s *connector.Send) {
			s.DNSRoutingEnabled, s.SmartHostAuthMechanism, s.AuthenticationCredential = param.Value(true), auth.None, nil
		}),
		legal: gateway(func(s *connector.Send) { s.DNSRoutingEnabled = param.Value(false) })},
	{rule: "S2", path: `Send["Direct"].SmartHosts`, code: connector.CodeSmartHostsMissing,
		wrong: direct(func(s *connector.Send) { s.DNSRoutingEnabled = param.Value(false) })},
	{rule: "S3 several", path: `Send["Gateway"].SmartHostAuthMechanism`, code: connector.CodeAuthInvalid,
		wrong: gateway(func(s *connector.Send) {
			s.SmartHostAuthMechanism = auth.BasicAuthRequireTLS | auth.ExternalAuthoritative
		})},
	{rule: "S3 hosts", path: `Send["Direct"].SmartHostAuthMechanism`, code: connector.CodeSmartHostsMissing,
		wrong: direct(func(s *connector.Send) { s.SmartHostAuthMechanism = auth.ExternalAuthoritative })},
	{rule: "S3 credential", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) { s.AuthenticationCredential = nil })},
	{rule: "S3 password", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) { s.AuthenticationCredential = &param.Credential{UserName: "hub"} })},
	{rule: "S3 mailbox", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) { s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.OAuth, nil }),
		legal: gateway(func(s *connector.Send) {
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.OAuth, &param.Credential{UserName: "scan@contoso.com"}
		})},
	{rule: "S3 password of OAuth", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialUnused, warn: true,
		wrong: gateway(func(s *connector.Send) { s.SmartHostAuthMechanism = auth.OAuth })},
	{rule: "S3 unused", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialUnused, warn: true,
		wrong: gateway(func(s *connector.Send) { s.SmartHostAuthMechanism = auth.None })},
	{rule: "credential of a host", path: `Send["Gateway"].SmartHostCredentials["smtpgateway1.contoso.com"]`, code: connector.CodeCredentialMissing,
		wrong: hostCredential("SMTPGateway1.contoso.com", param.Credential{UserName: "hub"}),
		legal: hostCredential("SMTPGateway1.contoso.com", param.Credential{UserName: "hub", Password: "other"})},
	{rule: "credential of another host", path: `Send["Gateway"].SmartHostCredentials["other.example"]`, code: connector.CodeSmartHostInvalid,
		wrong: hostCredential("other.example", param.Credential{UserName: "hub", Password: "other"})},
	{rule: "two credentials of a host", path: `Send["Gateway"].SmartHostCredentials["smtpgateway1.contoso.com"]`, code: connector.CodeSmartHostInvalid,
		wrong: gateway(func(s *connector.Send) {
			c := param.SmartHostCredential{Host: s.SmartHosts[0], Credential: *s.AuthenticationCredential}
			s.SmartHostCredentials = []param.SmartHostCredential{c, c}
		})},
	{rule: "credential of no host", path: `Send["Gateway"].SmartHostCredentials[0]`, code: connector.CodeSmartHostInvalid,
		wrong: gateway(func(s *connector.Send) {
			s.SmartHostCredentials = []param.SmartHostCredential{{Credential: *s.AuthenticationCredential}}
		})},
	{rule: "a host without credential", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) {
			s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost("192.0.2.9"))
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[1], Credential: *s.AuthenticationCredential}}
			s.AuthenticationCredential = nil
		}),
		legal: gateway(func(s *connector.Send) {
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[0], Credential: *s.AuthenticationCredential}}
			s.AuthenticationCredential = nil
		})},
	{rule: "each host has its own", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialUnused, warn: true,
		wrong: hostCredential("smtpgateway1.contoso.com", param.Credential{UserName: "hub", Password: "other"})},
	{rule: "credential of a host for OAuth", path: `Send["Gateway"].SmartHostCredentials["smtpgateway1.contoso.com"]`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) {
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.OAuth, &param.Credential{UserName: "scan@contoso.com"}
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[0]}}
		})},
	{rule: "credential of a host for OAuth alone", path: `Send["Gateway"].AuthenticationCredential`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) {
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.OAuth, nil
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[0], Credential: param.Credential{UserName: "scan@contoso.com"}}}
		})},
	{rule: "credential of a host unused", path: `Send["Gateway"].SmartHostCredentials`, code: connector.CodeCredentialUnused, warn: true,
		wrong: gateway(func(s *connector.Send) {
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[0], Credential: *s.AuthenticationCredential}}
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.None, nil
		})},
	{rule: "password not read", path: `Send["Gateway"].AuthenticationCredential.PasswordFrom`, code: connector.CodeCredentialMissing,
		wrong: gateway(func(s *connector.Send) {
			s.AuthenticationCredential = &param.Credential{UserName: "hub", PasswordFrom: param.SecretPlace{File: "hub.pw"}}
		})},
	{rule: "password twice", path: `Send["Gateway"].AuthenticationCredential.PasswordFrom`, code: source.CodeValueInvalid,
		wrong: gateway(func(s *connector.Send) { s.AuthenticationCredential.PasswordFrom.File = "hub.pw" })},
	{rule: "password in two places", path: `Send["Gateway"].AuthenticationCredential.PasswordFrom`, code: source.CodeValueInvalid,
		wrong: gateway(func(s *connector.Send) {
			s.AuthenticationCredential = &param.Credential{UserName: "hub", PasswordFrom: param.SecretPlace{File: "hub.pw", Environment: "HUB"}}
		})},
	{rule: "S3 clear", path: `Send["Gateway"].SmartHostAuthMechanism`, code: connector.CodeCredentialClear, warn: true,
		wrong: gateway(func(s *connector.Send) { s.SmartHostAuthMechanism = auth.BasicAuth }),
		legal: gateway(func(s *connector.Send) { s.SmartHostAuthMechanism, s.RequireTLS = auth.BasicAuth, true })},
	{rule: "S3 STARTTLS", path: `Send["Gateway"].IgnoreSTARTTLS`, code: connector.CodeIgnoreSTARTTLS,
		wrong: gateway(func(s *connector.Send) { s.IgnoreSTARTTLS = true })},
	{rule: "S4", path: `Send["Direct"].IgnoreSTARTTLS`, code: connector.CodeIgnoreSTARTTLS,
		wrong: direct(func(s *connector.Send) { s.RequireTLS, s.IgnoreSTARTTLS = true, true }),
		legal: direct(func(s *connector.Send) { s.IgnoreSTARTTLS = true })},
	{rule: "S5", path: `Send["Direct"].TlsAuthLevel`, code: connector.CodeTlsAuthLevel,
		wrong: direct(func(s *connector.Send) { s.TlsAuthLevel = param.CertificateValidation }),
		legal: direct(func(s *connector.Send) { s.TlsAuthLevel, s.RequireTLS = param.CertificateValidation, true })},
	{rule: "S6 hosts", path: `Send["Gateway"].DomainSecureEnabled`, code: connector.CodeDomainSecure,
		wrong: gateway(func(s *connector.Send) { s.DomainSecureEnabled = true })},
	{rule: "S6 STARTTLS", path: `Send["Direct"].DomainSecureEnabled`, code: connector.CodeDomainSecure,
		wrong: direct(func(s *connector.Send) { s.DomainSecureEnabled, s.IgnoreSTARTTLS = true, true }),
		legal: direct(func(s *connector.Send) { s.DomainSecureEnabled = true })},
	{rule: "S6 wildcard", path: "Transport.TLSSendDomainSecureList[0]", code: connector.CodeDomainSecureList,
		wrong: func(c *connector.Config) { c.Transport.TLSSendDomainSecureList = []string{"*.fabrikam.com"} }},
	{rule: "DANE to smart hosts", path: `Send["Gateway"].DaneEnabled`, code: connector.CodePublishedTLS,
		wrong: gateway(func(s *connector.Send) { s.DaneEnabled = param.Value(true) }),
		legal: gateway(func(s *connector.Send) { s.DaneEnabled = param.Value(false) })},
	{rule: "MTA-STS without STARTTLS", path: `Send["Direct"].MtaStsEnabled`, code: connector.CodeIgnoreSTARTTLS,
		wrong: direct(func(s *connector.Send) { s.MtaStsEnabled, s.IgnoreSTARTTLS = param.Value(true), true }),
		legal: direct(func(s *connector.Send) { s.MtaStsEnabled = param.Value(true) })},
	{rule: "DANE after HELO", path: `Send["Direct"].DaneEnabled`, code: connector.CodeForceHELO, warn: true,
		wrong: direct(func(s *connector.Send) { s.DaneEnabled, s.ForceHELO = param.Value(true), true }),
		legal: direct(func(s *connector.Send) { s.ForceHELO = true })},
	{rule: "S7 missing", path: `Send["Gateway"].TlsDomain`, code: connector.CodeTlsDomain,
		wrong: gateway(func(s *connector.Send) { s.RequireTLS, s.TlsAuthLevel = true, param.DomainValidation }),
		legal: gateway(func(s *connector.Send) {
			s.RequireTLS, s.TlsAuthLevel, s.TlsDomain = true, param.DomainValidation, "*.contoso.com"
		})},
	{rule: "S7 level", path: `Send["Gateway"].TlsDomain`, code: connector.CodeTlsDomain,
		wrong: gateway(func(s *connector.Send) { s.TlsDomain = "contoso.com" })},
	{rule: "S8 spaces", path: `Send["Gateway"].AddressSpaces`, code: connector.CodeLinked,
		wrong: linked(func(s *connector.Send) { s.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("*")} }),
		legal: linked(func(s *connector.Send) {})},
	{rule: "S8 routing", path: `Send["Gateway"].SmartHosts`, code: connector.CodeLinked,
		wrong: linked(func(s *connector.Send) { s.SmartHosts = nil })},
	{rule: "S8 mechanism", path: `Send["Gateway"].SmartHostAuthMechanism`, code: connector.CodeLinked,
		wrong: linked(func(s *connector.Send) { s.SmartHostAuthMechanism = auth.None })},
	{rule: "S8 size", path: `Send["Gateway"].MaxMessageSize`, code: connector.CodeLinked,
		wrong: linked(func(s *connector.Send) { s.MaxMessageSize = 0 })},
	{rule: "S8 effect", path: `Send["Gateway"].LinkedReceiveConnector`, code: connector.CodeNotEnforced, warn: true,
		wrong: linked(func(s *connector.Send) {})},
	{rule: "S9", path: `Send["Direct"].ForceHELO`, code: connector.CodeForceHELO, warn: true,
		wrong: direct(func(s *connector.Send) { s.ForceHELO, s.RequireTLS = true, true }),
		legal: direct(func(s *connector.Send) { s.ForceHELO = true })},
	{rule: "S10", path: `Send["Direct"].AddressSpaces[0]`, code: connector.CodeSmartHostsMissing,
		wrong: direct(func(s *connector.Send) { s.AddressSpaces[0] = routing.MustParseAddressSpace("X400:c=us;1") }),
		legal: gateway(func(s *connector.Send) { s.AddressSpaces[0] = routing.MustParseAddressSpace("X400:c=us;1") })},
	{rule: "S10 edge", path: `Send["Gateway"].AddressSpaces[0]`, code: connector.CodeNotOnEdge,
		wrong: edge(func(c *connector.Config) { c.Send[0].AddressSpaces[0] = routing.MustParseAddressSpace("X400:c=us;1") })},
	{rule: "S11", path: `Send["Direct"].AddressSpaces[0]`, code: connector.CodeAddressSpaceInvalid,
		wrong: direct(func(s *connector.Send) { s.AddressSpaces[0] = routing.AddressSpace{} })},
	{rule: "scope", path: `Send["Direct"].AddressSpaces[1]`, code: connector.CodeAddressSpaceInvalid,
		wrong: direct(func(s *connector.Send) { s.AddressSpaces = spaces("Local:a.example", "b.example") }),
		legal: direct(func(s *connector.Send) { s.AddressSpaces = spaces("Local:a.example", "Local:b.example") })},
	{rule: "S12", path: `Send["Direct"].SourceTransportServers`, code: connector.CodeNotOnEdge,
		wrong: edge(func(c *connector.Config) { c.Send[1].SourceTransportServers = []string{"HubA"} }),
		legal: direct(func(s *connector.Send) { s.SourceTransportServers = []string{"HubA"} })},
	{rule: "S12 address", path: `Send["Direct"].SourceIPAddress`, code: connector.CodeEdgeOnly, warn: true,
		wrong: direct(func(s *connector.Send) { s.SourceIPAddress = netip.MustParseAddr("10.2.3.4") }),
		legal: direct(func(s *connector.Send) { s.SourceIPAddress = netip.IPv4Unspecified() })},
	{rule: "S13", path: `Send["Direct"].AddressSpaces[0]`, code: connector.CodeEdgeOnly,
		wrong: direct(func(s *connector.Send) { s.AddressSpaces[0] = routing.MustParseAddressSpace("--") }),
		legal: edge(func(c *connector.Config) { c.Send[1].AddressSpaces[0] = routing.MustParseAddressSpace("--") })},
	{rule: "S14", path: `Send["Direct"].SourceTransportServers`, code: connector.CodeSourceSites, warn: true,
		wrong: direct(func(s *connector.Send) { s.SourceTransportServers = []string{"HubA", "HubC"} }),
		legal: direct(func(s *connector.Send) { s.SourceTransportServers = []string{"HubA", "HubB"} })},
	{rule: "name", path: `Send["gateway"].Name`, code: source.CodeNameDuplicate,
		wrong: direct(func(s *connector.Send) { s.Name = "gateway" })},
	{rule: "usage", path: `Send["Direct"].Usage`, code: connector.CodeUsageInvalid,
		wrong: direct(func(s *connector.Send) { s.Usage = param.UsageClient })},
	{rule: "spaces", path: `Send["Direct"].AddressSpaces`, code: connector.CodeAddressSpaceMissing,
		wrong: direct(func(s *connector.Send) { s.AddressSpaces = nil })},
	{rule: "host twice", path: `Send["Gateway"].SmartHosts[1]`, code: connector.CodeSmartHostInvalid,
		wrong: gateway(func(s *connector.Send) { s.SmartHosts = append(s.SmartHosts, s.SmartHosts[0]) })},
	{rule: "source unknown", path: `Send["Direct"].SourceTransportServers[0]`, code: source.CodeServerUnknown,
		wrong: direct(func(s *connector.Send) { s.SourceTransportServers = []string{"HubX"} })},
	{rule: "port", path: `Send["Direct"].Port`, code: source.CodeOutOfRange,
		wrong: direct(func(s *connector.Send) { s.Port = 65536 }),
		legal: direct(func(s *connector.Send) { s.Port = 65535 })},
	{rule: "inactivity", path: `Send["Direct"].ConnectionInactivityTimeOut`, code: source.CodeOutOfRange,
		wrong: direct(func(s *connector.Send) { s.ConnectionInactivityTimeOut = 25 * time.Hour })},
	{rule: "another address type", path: `Send["Direct"].AddressSpaces[0]`, code: connector.CodeNotEnforced, warn: true,
		wrong: direct(func(s *connector.Send) {
			s.AddressSpaces[0] = routing.MustParseAddressSpace("X400:o=MySite;p=MyOrg;a=adatum;c=us;1")
			s.SmartHosts = []param.SmartHost{param.MustParseSmartHost("10.2.3.9")}
		})},
	{rule: "not enforced", path: `Send["Direct"].FrontendProxyEnabled`, code: connector.CodeNotEnforced, warn: true,
		wrong: direct(func(s *connector.Send) { s.FrontendProxyEnabled = true })},
	{rule: "our server", path: "Server", code: source.CodeServerUnknown,
		wrong: func(c *connector.Config) { c.Server = "HubX" }},
	{rule: "server name", path: `Servers["huba"].Name`, code: source.CodeNameDuplicate,
		wrong: func(c *connector.Config) { c.Servers[1].Name = "huba" }},
	{rule: "link", path: `Links["north"].Sites`, code: routing.CodeSiteLink,
		wrong: func(c *connector.Config) { c.Links[0].Sites = []string{"Paris"} }},
	{rule: "link cost", path: `Links["north"].Cost`, code: source.CodeOutOfRange,
		wrong: func(c *connector.Config) { c.Links[0].Cost = 0 }},
	{rule: "link site", path: `Links["north"].Sites[1]`, code: routing.CodeSiteLink, warn: true,
		wrong: func(c *connector.Config) { c.Links[0].Sites[1] = "Rome" }},
	{rule: "profile", path: "Profile", code: source.CodeValueInvalid,
		wrong: func(c *connector.Config) { c.Profile = 99 }},
	{rule: "accepted domain", path: `Accepted["Bad"].DomainName`, code: routing.CodeAcceptedDomain,
		wrong: func(c *connector.Config) {
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{Name: "Bad", DomainName: "a.*.contoso.com"})
		},
		legal: func(c *connector.Config) {
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{Name: "Good", DomainName: "*.contoso.com"})
		}},
	{rule: "accepted twice", path: `Accepted["Again"].DomainName`, code: routing.CodeAcceptedDomain,
		wrong: func(c *connector.Config) {
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{Name: "Again", DomainName: "CONTOSO.com"})
		}},
	{rule: "size", path: "Transport.MaxSendSize", code: source.CodeOutOfRange,
		wrong: func(c *connector.Config) { c.Transport.MaxSendSize = -7 }},
}

// TestImplicitTLSOut: at port 465 TLS comes first, so no password crosses in the clear,
// and HELO keeps nothing from being sent but AUTH.
func TestImplicitTLSOut(t *testing.T) {
	for _, tt := range []struct {
		port  int
		basic bool
		helo  bool
		want  []source.Code
	}{
		{25, true, false, []source.Code{connector.CodeCredentialClear}},
		{465, true, false, nil},
		{25, false, true, []source.Code{connector.CodeForceHELO}},
		{465, false, true, nil},
		{465, true, true, []source.Code{connector.CodeForceHELO}},
	} {
		s := connector.Send{
			Name: "Out", AddressSpaces: spaces("*"), SmartHosts: []param.SmartHost{param.MustParseSmartHost("mx.isp.example")},
			Port: tt.port, ForceHELO: tt.helo, RequireTLS: tt.helo,
		}
		if tt.basic {
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuth, &param.Credential{UserName: "us", Password: "secret"}
		}
		p, err := connector.Compile(connector.Config{Send: []connector.Send{s}})
		if err != nil {
			t.Fatal(err)
		}
		var got []source.Code
		for _, w := range p.Warnings() {
			got = append(got, w.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("port %d, a password: %v, ForceHELO: %v: got %v, want %v", tt.port, tt.basic, tt.helo, got, tt.want)
		}
	}
}

// hostCredential gives a smart host of the connector Gateway a credential.
func hostCredential(host string, c param.Credential) func(*connector.Config) {
	return gateway(func(s *connector.Send) {
		s.SmartHostCredentials = []param.SmartHostCredential{{Host: param.MustParseSmartHost(host), Credential: c}}
	})
}
