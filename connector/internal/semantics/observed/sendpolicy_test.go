package observed_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The pools of policies that route. The domains are the names in them, with neighbours.
var (
	routedDomains = []string{
		"contoso.com", "a.contoso.com", "b.a.contoso.com", "notcontoso.com", "com", "fabrikam.com", "x.fabrikam.com", "partner.test",
		"elsewhere.org", "localhost", "[192.0.2.9]", "[192.0.2.77]", "[IPv6:2001:db8::1]",
	}
	spaces = []string{
		"*", "*;2", "*;7", "--", "contoso.com", "contoso.com;2", "*.contoso.com", "*.contoso.com;9", "*.com;100", "a.contoso.com", "*.a.contoso.com;3",
		"*.fabrikam.com;2", "fabrikam.com", "[192.0.2.9]", "partner.test;5", "*.test", "Local:*", "Local:contoso.com;2", "X400:c=DE;1",
	}
	acceptedNames = []string{"contoso.com", "*.contoso.com", "a.contoso.com", "fabrikam.com", "*", "partner.test", "[192.0.2.9]"}
	serverNames   = []string{"HubA", "HubB", "hubc", "EDGE"}
	siteNames     = []string{"", "Munich", "Paris", "Rome", "empty"}
	sendRights    = []permission.Right{permission.SendHeadersRouting, permission.SendHeadersOrganization, permission.SendHeadersForest}
	peers         = []permission.SID{
		permission.SIDAnonymous, permission.SIDPartners, permission.SIDHubServers, permission.SIDExchangeServers, permission.SIDExternallySecured,
	}
	hopMechanisms = []auth.Mechanism{
		auth.None, auth.BasicAuth, auth.BasicAuthRequireTLS, auth.BasicAuth | auth.BasicAuthRequireTLS, auth.OAuth, auth.ExternalAuthoritative, auth.ExchangeServer,
	}
)

// sendPolicy draws policies until one compiles, and reads its text.
func sendPolicy(t *testing.T, r *rand.Rand) (*connector.Policy, *observed.Policy) {
	t.Helper()
	several := r.IntN(2) == 0 // of them, fewer configurations compile
	for {
		p, err := connector.Compile(sendConfig(r, several))
		if err != nil {
			continue
		}
		return p, read(t, p)
	}
}

func sendConfig(r *rand.Rand, several bool) connector.Config {
	cfg := connector.Config{Profile: connector.Profile(r.IntN(2))}
	if several {
		network(r, &cfg)
	}
	for i := range 1 + r.IntN(5) {
		cfg.Send = append(cfg.Send, sendConnector(r, fmt.Sprintf("s%c%d", 'A'+32*r.IntN(2), i), &cfg))
	}
	for _, name := range acceptedNames {
		if r.IntN(4) == 0 {
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{
				DomainName: name, DomainType: routing.DomainType(r.IntN(4)), MatchSubDomains: r.IntN(8) == 0, AddressBookEnabled: maybe(r),
			})
		}
	}
	transportConfig(r, &cfg.Transport)
	for _, name := range []string{"*", "contoso.com", "*.contoso.com", "*.org", "partner.test", "*.com"} {
		if r.IntN(4) == 0 {
			cfg.Remote = append(cfg.Remote, connector.RemoteDomain{Name: "of " + name, DomainName: name, NDREnabled: maybe(r), DeliveryReportEnabled: maybe(r)})
		}
	}
	names := serverNames[:len(cfg.Servers)]
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		if r.IntN(2) == 0 {
			cfg.Services = append(cfg.Services, service(r, name))
		}
	}
	return cfg
}

// network draws servers, sites and links.
func network(r *rand.Rand, cfg *connector.Config) {
	for i := range 1 + r.IntN(len(serverNames)) {
		s := routing.Server{Name: serverNames[i], Site: siteNames[r.IntN(4)], Edge: i == 3 && r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			s.FQDN = serverNames[i] + ".contoso.com"
		}
		cfg.Servers = append(cfg.Servers, s)
	}
	cfg.Server = []string{"", cfg.Servers[r.IntN(len(cfg.Servers))].Name}[r.IntN(2)]
	for i := range r.IntN(6) {
		l := routing.SiteLink{Name: fmt.Sprint("l", i), Cost: 1 + r.IntN(3), MaxSize: []int64{0, 0, 100_000, 70_000}[r.IntN(4)]}
		for _, n := range r.Perm(len(siteNames))[:2+r.IntN(2)] {
			l.Sites = append(l.Sites, siteNames[n])
		}
		cfg.Links = append(cfg.Links, l)
	}
}

func sendConnector(r *rand.Rand, name string, cfg *connector.Config) connector.Send {
	s := connector.Send{Name: name, Usage: []param.Usage{0, param.UsageCustom, param.UsageInternal, param.UsageInternet, param.UsagePartner}[r.IntN(5)]}
	if r.IntN(8) == 0 {
		s.Enabled = param.Value(false)
	}
	for _, n := range r.Perm(len(spaces))[:1+r.IntN(4)] {
		s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(spaces[n]))
	}
	for _, server := range cfg.Servers {
		if r.IntN(4) == 0 {
			s.SourceTransportServers = append(s.SourceTransportServers, []string{server.Name, cmp.Or(server.FQDN, server.Name)}[r.IntN(2)])
		}
	}
	s.IsScopedConnector = r.IntN(6) == 0
	s.MaxMessageSize = []param.Size{0, 70_000, 100_000, 300_000, param.UnlimitedSize}[r.IntN(5)]
	for _, host := range []string{"mx1.contoso.com", "MX2.contoso.com", "10.9.9.9", "2001:db8::25"} {
		if r.IntN(5) == 0 {
			s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost(host))
		}
	}
	hopSecurity(r, &s)
	hopSettings(r, &s)
	for range r.IntN(3) {
		s.Permissions = append(s.Permissions, policygen.Grant(r, peers, sendRights, 1, 3))
	}
	return s
}

// hopSecurity draws the parameters about TLS and logons.
func hopSecurity(r *rand.Rand, s *connector.Send) {
	s.RequireTLS, s.IgnoreSTARTTLS, s.ForceHELO = r.IntN(2) == 0, r.IntN(5) == 0, r.IntN(8) == 0
	s.Port = []int{0, 25, 465, 587}[r.IntN(4)]
	if s.RequireTLS {
		s.TlsAuthLevel = param.TlsAuthLevel(r.IntN(4))
	}
	if s.TlsAuthLevel == param.DomainValidation {
		s.TlsDomain = []string{"", "*.contoso.com", "Mail.contoso.com"}[r.IntN(3)]
	}
	s.DomainSecureEnabled = len(s.SmartHosts) == 0 && r.IntN(2) == 0
	s.DaneEnabled, s.MtaStsEnabled = maybe(r), maybe(r)
	if len(s.SmartHosts) == 0 {
		return
	}
	s.SmartHostAuthMechanism = hopMechanisms[r.IntN(len(hopMechanisms))]
	s.LogonWithoutCertificateCheck = r.IntN(3) == 0
	if s.LogsOn() {
		s.AuthenticationCredential = &param.Credential{UserName: "relay@contoso.com", Password: "secret"}
		if s.SmartHostAuthMechanism == auth.OAuth {
			s.AuthenticationCredential.Password = ""
		}
		if r.IntN(3) == 0 {
			c := *s.AuthenticationCredential
			c.UserName = "other@contoso.com"
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[0], Credential: c}}
		}
	}
}

// hopSettings draws the other parameters of connections to next hops.
func hopSettings(r *rand.Rand, s *connector.Send) {
	s.Fqdn = []string{"", "mail.contoso.com"}[r.IntN(2)]
	s.TlsCertificateName = []string{"", "<I>CN=CA<S>CN=mail.contoso.com"}[r.IntN(2)]
	s.SourceIPAddress = []netip.Addr{{}, netip.IPv4Unspecified(), netip.MustParseAddr("192.0.2.3")}[r.IntN(3)]
	s.UseExternalDNSServersEnabled, s.CloudServicesMailEnabled = r.IntN(4) == 0, r.IntN(4) == 0
	s.DkimSigning = param.DkimSigning(r.IntN(3))
	s.ErrorPolicies = param.ErrorPolicy(r.IntN(4))
	s.SmtpMaxMessagesPerConnection = r.IntN(3)
	s.ConnectionInactivityTimeOut = []time.Duration{0, time.Minute}[r.IntN(2)]
	s.SmartHostLimits = param.SmartHostLimits(r.IntN(3))
	for _, l := range []*param.Limit{&s.SmartHostMaxConnections, &s.SmartHostMessageRateLimit, &s.SmartHostRecipientRateLimit} {
		*l = []param.Limit{0, 0, 5, param.Unlimited}[r.IntN(4)]
	}
}

func transportConfig(r *rand.Rand, t *connector.Transport) {
	t.MaxSendSize = []param.Size{0, 0, 80_000, param.UnlimitedSize}[r.IntN(4)]
	for _, name := range []string{"partner.test", "Contoso.com", "fabrikam.com"} {
		if r.IntN(3) == 0 {
			t.TLSSendDomainSecureList = append(t.TLSSendDomainSecureList, name)
		}
	}
	t.ExternalPostmasterAddress = []string{"", "postmaster@contoso.com"}[r.IntN(2)]
	if r.IntN(3) == 0 {
		t.GenerateCopyOfDSNFor = param.Value(param.MustParseStatusCodes([]string{"", "5.4.6", "5.4.6,5.1.1"}[r.IntN(3)]))
	}
	if r.IntN(3) == 0 {
		t.ExternalDsnMaxMessageAttachSize, t.InternalDsnMaxMessageAttachSize = param.Value(param.Size(r.IntN(2)*2048)), param.Value(param.Size(r.IntN(2)*1000))
	}
	t.ExternalDelayDsnEnabled, t.InternalDelayDsnEnabled = maybe(r), maybe(r)
}

func service(r *rand.Rand, name string) connector.Service {
	some := func(d time.Duration) time.Duration { return d * time.Duration(r.IntN(2)) }
	s := connector.Service{
		Name: name, MaxConnectionRatePerMinute: r.IntN(2) * 100,
		MaxOutboundConnections:                        []param.Limit{0, 10, 100, param.Unlimited}[r.IntN(4)],
		MaxPerDomainOutboundConnections:               []param.Limit{0, 0, 5}[r.IntN(3)],
		IntraOrgConnectorSmtpMaxMessagesPerConnection: r.IntN(2) * 7,
		QueueGlitchRetryInterval:                      some(2 * time.Minute), TransientFailureRetryInterval: some(3 * time.Minute),
		OutboundConnectionFailureRetryInterval: some(time.Hour), MessageRetryInterval: some(90 * time.Second),
		DelayNotificationTimeout: some(5 * time.Hour), MessageExpirationTimeout: some(50 * time.Hour),
		ExternalDNSAdapterEnabled: maybe(r), InternalDNSAdapterEnabled: maybe(r),
		ExternalDNSProtocolOption: param.ProtocolOption(r.IntN(3)), InternalDNSProtocolOption: param.ProtocolOption(r.IntN(3)),
	}
	if r.IntN(2) == 0 {
		s.QueueGlitchRetryCount, s.TransientFailureRetryCount = param.Value(r.IntN(2)), param.Value(r.IntN(2)*5)
	}
	if r.IntN(2) == 0 {
		s.ExternalDNSServers = []netip.Addr{netip.MustParseAddr("192.0.2.54"), netip.MustParseAddr("192.0.2.53")}
		s.InternalDNSServers = []netip.Addr{netip.MustParseAddr("192.0.2.55")}
	}
	return s
}

// maybe draws a setting that is given or not.
func maybe(r *rand.Rand) param.Setting[bool] {
	if r.IntN(2) == 0 {
		return param.Setting[bool]{}
	}
	return param.Value(r.IntN(2) == 0)
}
