package analysis_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// another changes a field to a value that it doesn't have, by its type, and reports
// whether it knows how.
func another(f reflect.Value) bool {
	switch v := f.Addr().Interface().(type) {
	case *bool:
		*v = !*v
	case *param.Setting[bool]:
		*v = param.Value(false)
	case *int:
		*v = 7
	case *param.Limit:
		*v = 7
	case *param.Size:
		*v = 70 * param.KB
	case *time.Duration:
		*v = 77 * time.Second
	case *string:
		*v = "other.example"
	case *param.Setting[int]:
		*v = param.Value(7)
	case *param.Setting[param.Limit]:
		*v = param.Value(param.Limit(7))
	case *param.Setting[time.Duration]:
		*v = param.Value(7 * time.Second)
	case *param.Setting[param.Size]:
		*v = param.Value(70 * param.KB)
	default:
		return false
	}
	return true
}

// uncompared are the parameters that diff doesn't look at, with what docs/diff.md says
// of them.
var uncompared = map[string]string{
	"Receive.Name": "names", "Receive.Comment": "comments", "Receive.Usage": "presets", "Receive.TransportRole": "it decides ties only",
	"Receive.Server": "another server's connectors", "Receive.ProtocolLoggingLevel": "protocol logging",
	"Receive.ServiceDiscoveryFqdn": "kept", "Receive.AdvertiseClientSettings": "kept", "Receive.EnableAuthGSSAPI": "kept", "Receive.LongAddressesEnabled": "kept",
	"Receive.OrarEnabled": "kept", "Receive.SuppressXAnonymousTls": "kept", "Receive.ExtendedProtectionPolicy": "kept", "Receive.TlsDomainCapabilities": "kept",

	"Send.Name": "names", "Send.Comment": "comments", "Send.Usage": "presets", "Send.SmartHostLimits": "presets", "Send.ProtocolLoggingLevel": "protocol logging",
	"Send.IsCoexistenceConnector": "kept", "Send.LinkedReceiveConnector": "kept", "Send.FrontendProxyEnabled": "kept",
	"Send.RequireOorg": "kept", "Send.ConnectorType": "kept",

	"Transport.UseDowngradedExchangeServerAuth": "it decides what is valid only", "Transport.Assertions": "assertions",
	"Receive.TlsLegacyEndDate":       "it ends what nothing begins",
	"Transport.GenerateCopyOfDSNFor": "there are no copies without ExternalPostmasterAddress",
	"AcceptedDomain.Name":            "names", "Service.Name": "another server's service", "RemoteDomain.Name": "names",
}

// special are values for fields that need one of a kind.
var special = map[string]func(*connector.Config){
	"AcceptedDomain.AddressBookEnabled": func(c *connector.Config) { c.Accepted[1].AddressBookEnabled = param.Value(false) }, // of an authoritative domain
	"Receive.Bindings":                  func(c *connector.Config) { c.Receive[0].Bindings = bindings("0.0.0.0:2525") },
	"Receive.RemoteIPRanges":            func(c *connector.Config) { c.Receive[0].RemoteIPRanges = ranges("10.0.0.0/8") },
	"Receive.AuthMechanism":             func(c *connector.Config) { c.Receive[0].AuthMechanism = param.Value(auth.TLS) },
	"Receive.PermissionGroups":          func(c *connector.Config) { c.Receive[0].PermissionGroups = param.Value(permission.ExchangeUsers) },
	"Receive.AllowedSenders": func(c *connector.Config) {
		c.Receive[0].AllowedSenders = []param.Sender{param.MustParseSender("@contoso.com")}
	},
	"Receive.RewriteSender": func(c *connector.Config) { c.Receive[0].RewriteSender = "scanner@contoso.com" },
	"Receive.RewriteFrom":   func(c *connector.Config) { c.Receive[0].RewriteFrom = "scanner@contoso.com" },
	"Receive.Permissions": func(c *connector.Config) {
		c.Receive[0].Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)}
	},
	"Receive.Fqdn":               func(c *connector.Config) { c.Receive[0].Fqdn = "other.example" },
	"Receive.Banner":             func(c *connector.Config) { c.Receive[0].Banner = "220 other.example" },
	"Receive.DefaultDomain":      func(c *connector.Config) { c.Receive[0].DefaultDomain = "contoso.com" },
	"Receive.TlsCertificateName": func(c *connector.Config) { c.Receive[0].TlsCertificateName = "<I>CN=CA<S>CN=other.example" },
	"Receive.TlsMinimumVersion":  func(c *connector.Config) { c.Receive[0].TlsMinimumVersion = param.Tls11 },
	"Receive.TlsLegacyEndDate":   func(c *connector.Config) { c.Receive[0].TlsLegacyEndDate = param.MustParseDate("2027-06-30") },
	"Receive.TlsLegacyCipherSuites": func(c *connector.Config) {
		c.Receive[0].TlsLegacyCipherSuites = []param.CipherSuite{param.MustParseCipherSuite("TLS_RSA_WITH_3DES_EDE_CBC_SHA")}
	},
	"Receive.SizeEnabled":       func(c *connector.Config) { c.Receive[0].SizeEnabled = param.SizeDisabled },
	"Receive.MessageRateSource": func(c *connector.Config) { c.Receive[0].MessageRateSource = param.Value(param.RateSource(0)) },
	"Receive.MessageAuthenticationMode": func(c *connector.Config) {
		c.Receive[0].MessageAuthenticationMode = param.Value(param.AuthenticationReject)
	},
	"Receive.TrustedAuthenticationServices": func(c *connector.Config) {
		c.Receive[0].TrustedAuthenticationServices = []string{"filter.contoso.com"}
	},
	"Receive.ChunkingEnabled": func(c *connector.Config) {
		c.Receive[0].ChunkingEnabled, c.Receive[0].BinaryMimeEnabled = param.Value(false), param.Value(false)
	},
	"Receive.ConnectionTimeout": func(c *connector.Config) { c.Receive[0].ConnectionTimeout = time.Hour },
	"Send.AddressSpaces": func(c *connector.Config) {
		c.Send[0].AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")}
	},
	"Send.SourceTransportServers": func(c *connector.Config) {
		c.Send[0].SourceTransportServers = []string{map[bool]string{true: "A", false: "B"}[len(c.Send[0].SourceTransportServers) > 0]}
	},
	"Send.IsScopedConnector": func(c *connector.Config) { c.Send[0].IsScopedConnector = true },
	"Send.DNSRoutingEnabled": func(c *connector.Config) {
		c.Send[0].DNSRoutingEnabled = param.Value(len(c.Send[0].SmartHosts) > 0)
		if len(c.Send[0].SmartHosts) > 0 {
			c.Send[0].SmartHosts, c.Send[0].SmartHostAuthMechanism, c.Send[0].AuthenticationCredential = nil, auth.None, nil
		}
	},
	"Send.SmartHosts": func(c *connector.Config) {
		c.Send[0].SmartHosts = []param.SmartHost{param.MustParseSmartHost("other.example")}
	},
	"Send.SmartHostAuthMechanism": func(c *connector.Config) {
		c.Send[0].SmartHostAuthMechanism = map[bool]auth.Mechanism{true: auth.BasicAuthRequireTLS, false: auth.BasicAuth}[c.Send[0].SmartHostAuthMechanism == auth.BasicAuth]
		c.Send[0].AuthenticationCredential = &param.Credential{UserName: "us", Password: "secret"}
	},
	"Send.AuthenticationCredential": func(c *connector.Config) {
		c.Send[0].AuthenticationCredential = &param.Credential{UserName: "us", Password: "other"}
	},
	"Send.SmartHostCredentials": func(c *connector.Config) {
		for _, h := range c.Send[0].SmartHosts {
			c.Send[0].SmartHostCredentials = append(c.Send[0].SmartHostCredentials, param.SmartHostCredential{Host: h, Credential: param.Credential{UserName: "them", Password: "other"}})
		}
	},
	"Send.SourceIPAddress": func(c *connector.Config) { c.Send[0].SourceIPAddress = netip.MustParseAddr("10.9.9.9") },
	"Send.TlsAuthLevel": func(c *connector.Config) {
		c.Send[0].RequireTLS, c.Send[0].TlsAuthLevel = true, param.CertificateValidation
	},
	"Send.TlsDomain": func(c *connector.Config) {
		c.Send[0].RequireTLS, c.Send[0].TlsAuthLevel, c.Send[0].TlsDomain = true, param.DomainValidation, "other.example"
	},
	"Send.TlsCertificateName": func(c *connector.Config) { c.Send[0].TlsCertificateName = "<I>CN=CA<S>CN=other.example" },
	"Send.DkimSigning":        func(c *connector.Config) { c.Send[0].DkimSigning = param.DkimRequired },
	"Send.ErrorPolicies":      func(c *connector.Config) { c.Send[0].ErrorPolicies = param.DowngradeDnsFailures },
	"Send.Permissions": func(c *connector.Config) {
		c.Send[0].Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.SendHeadersOrganization)}
	},

	"Transport.TLSReceiveDomainSecureList": func(c *connector.Config) {
		c.Transport.TLSReceiveDomainSecureList = []string{"partner.test", "other.example"}
	},
	"Transport.TLSSendDomainSecureList": func(c *connector.Config) {
		c.Transport.TLSSendDomainSecureList = []string{"partner.test", "other.example"}
	},
	"Transport.GenerateCopyOfDSNFor": func(c *connector.Config) {
		c.Transport.GenerateCopyOfDSNFor = param.Value(param.MustParseStatusCodes("5.7.1"))
	},
	"Transport.Assertions":                func(c *connector.Config) { c.Transport.Assertions = []string{"never relays"} },
	"Transport.ExternalPostmasterAddress": func(c *connector.Config) { c.Transport.ExternalPostmasterAddress = "reports@contoso.com" },
	"AcceptedDomain.Default":              func(c *connector.Config) { c.Accepted[0].Default = false; c.Accepted[1].Default = true },
	"Service.ExternalDNSServers":          externalServers,
	"Service.ExternalDNSAdapterEnabled":   externalServers,
	"Service.ExternalDNSProtocolOption":   func(c *connector.Config) { c.Services[0].ExternalDNSProtocolOption = param.UseTcpOnly },
	"Service.InternalDNSServers":          internalServers,
	"Service.InternalDNSAdapterEnabled":   internalServers,
	"Service.InternalDNSProtocolOption":   func(c *connector.Config) { c.Services[0].InternalDNSProtocolOption = param.UseUdpOnly },
	"RemoteDomain.NDREnabled":             func(c *connector.Config) { c.Remote[0].NDREnabled = param.Value(true) },
	"RemoteDomain.DomainName":             func(c *connector.Config) { c.Remote[0].DomainName = "other.example" },
	"AcceptedDomain.DomainType":           func(c *connector.Config) { c.Accepted[0].DomainType = routing.Authoritative },
}

// externalServers and internalServers list a name server, which is asked if those of the machine aren't.
func externalServers(c *connector.Config) {
	c.Services[0].ExternalDNSServers, c.Services[0].ExternalDNSAdapterEnabled = []netip.Addr{netip.MustParseAddr("192.0.2.53")}, param.Value(false)
}

func internalServers(c *connector.Config) {
	c.Services[0].InternalDNSServers, c.Services[0].InternalDNSAdapterEnabled = []netip.Addr{netip.MustParseAddr("192.0.2.53")}, param.Value(false)
}

// hops are Send connectors with every kind of next hop.
var hops = map[string]func(*connector.Send){
	"DNS":                      func(*connector.Send) {},
	"DNS with domain security": func(s *connector.Send) { s.DomainSecureEnabled = true },
	"smart host": func(s *connector.Send) {
		s.SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
	},
	"smart host with a password": func(s *connector.Send) {
		s.SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
		s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuth, &param.Credential{UserName: "us", Password: "secret"}
	},
	"smart host with a password and a name": func(s *connector.Send) {
		s.SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
		s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuthRequireTLS, &param.Credential{UserName: "us", Password: "secret"}
		s.RequireTLS, s.TlsAuthLevel, s.TlsDomain = true, param.DomainValidation, "isp.example"
	},
	"smart host at port 465": func(s *connector.Send) {
		s.SmartHosts, s.Port = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}, 465
	},
	"smart host in the clear": func(s *connector.Send) {
		s.SmartHosts, s.IgnoreSTARTTLS = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}, true
	},
	"another server": func(s *connector.Send) { s.SourceTransportServers = []string{"B"} },
}

// without are parameters that have no effect with a kind of next hop, or that it
// doesn't go together with.
var without = map[string][]string{
	"DNS":                        {"LogonWithoutCertificateCheck", "SmartHostMaxConnections", "SmartHostMessageRateLimit", "SmartHostRecipientRateLimit", "AuthenticationCredential", "SmartHostCredentials", "SmartHostAuthMechanism", "DNSRoutingEnabled", "IsScopedConnector", "Transport.TLSSendDomainSecureList"},
	"DNS with domain security":   {"LogonWithoutCertificateCheck", "SmartHostMaxConnections", "SmartHostMessageRateLimit", "SmartHostRecipientRateLimit", "AuthenticationCredential", "SmartHostCredentials", "SmartHostAuthMechanism", "DNSRoutingEnabled", "IsScopedConnector", "SmartHosts", "IgnoreSTARTTLS"},
	"smart host":                 {"LogonWithoutCertificateCheck", "DaneEnabled", "MtaStsEnabled", "AuthenticationCredential", "SmartHostCredentials", "DomainSecureEnabled", "ErrorPolicies", "IsScopedConnector", "Transport.TLSSendDomainSecureList"},
	"smart host with a password": {"DaneEnabled", "MtaStsEnabled", "DomainSecureEnabled", "ErrorPolicies", "IsScopedConnector", "Transport.TLSSendDomainSecureList"},
	"smart host with a password and a name": {
		"DaneEnabled", "MtaStsEnabled", "DomainSecureEnabled", "ErrorPolicies", "IsScopedConnector", "Transport.TLSSendDomainSecureList", "RequireTLS", "IgnoreSTARTTLS", "TlsAuthLevel",
	},
	// The connection begins with TLS, whatever else is said.
	"smart host at port 465": {
		"LogonWithoutCertificateCheck",
		"DaneEnabled", "MtaStsEnabled", "AuthenticationCredential", "SmartHostCredentials", "DomainSecureEnabled", "ErrorPolicies", "IsScopedConnector", "Transport.TLSSendDomainSecureList", "RequireTLS", "IgnoreSTARTTLS",
	},
	"smart host in the clear": {
		"LogonWithoutCertificateCheck",
		"DaneEnabled", "MtaStsEnabled", "AuthenticationCredential", "SmartHostCredentials", "DomainSecureEnabled", "ErrorPolicies", "IsScopedConnector", "Transport.TLSSendDomainSecureList", "RequireTLS", "TlsAuthLevel", "TlsDomain",
		"TlsCertificateName",
	},
	// The other server does the rest by its own policy.
	"another server": {
		"LogonWithoutCertificateCheck", "SmartHostMaxConnections", "SmartHostMessageRateLimit", "SmartHostRecipientRateLimit",
		"DaneEnabled", "MtaStsEnabled", "DNSRoutingEnabled", "SmartHosts", "SmartHostAuthMechanism", "AuthenticationCredential", "SmartHostCredentials", "Port", "SourceIPAddress", "ForceHELO", "RequireTLS",
		"UseExternalDNSServersEnabled", "IgnoreSTARTTLS", "TlsAuthLevel", "TlsDomain", "TlsCertificateName", "DomainSecureEnabled", "CloudServicesMailEnabled", "DkimSigning", "ErrorPolicies", "Permissions",
		"Transport.TLSSendDomainSecureList", "SmtpMaxMessagesPerConnection",
	},
}

// organisation is a policy in which every parameter has an effect.
func organisation(hop func(*connector.Send)) connector.Config {
	cfg := connector.Config{
		Server:  "A",
		Servers: []routing.Server{{Name: "A", FQDN: "a.contoso.com", Site: "one"}, {Name: "B", FQDN: "b.contoso.com", Site: "two"}},
		Links:   []routing.SiteLink{{Name: "L", Sites: []string{"one", "two"}, Cost: 1}},
		Receive: []connector.Receive{{
			Name: "In", Bindings: bindings("0.0.0.0:25"), RemoteIPRanges: ranges("0.0.0.0/0"), DomainSecureEnabled: true, MessageRateLimit: 600,
			PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers | permission.Partners),
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth),
		}},
		Send: []connector.Send{{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}},
		Accepted: []routing.AcceptedDomain{
			{DomainName: "contoso.com", DomainType: routing.InternalRelay, Default: true}, {DomainName: "ours.test"}, {DomainName: "ours.example.net"}, {DomainName: "ours"},
		},
		Services:  []connector.Service{{Name: "A"}},
		Remote:    []connector.RemoteDomain{{Name: "partner", DomainName: "partner.test", NDREnabled: param.Value(false)}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"partner.test"}, TLSSendDomainSecureList: []string{"partner.test"}},
	}
	hop(&cfg.Send[0])
	return cfg
}

// TestEveryParameter changes every parameter by itself, those of Send connectors with
// every kind of next hop, and wants a change of the policy of each that is enforced.
func TestEveryParameter(t *testing.T) {
	for hop, set := range hops {
		old := organisation(set)
		before := compile(t, old)
		change := func(list string, at func(*connector.Config) any) {
			typ := reflect.TypeOf(at(&old)).Elem()
			for i := range typ.NumField() {
				name := list + "." + typ.Field(i).Name
				if list == "Service" && strings.Contains(name, "Log") {
					continue // docs/diff.md: logs aren't compared
				}
				cfg := before.Config()
				if edit := special[name]; edit != nil {
					edit(&cfg)
				} else if !another(reflect.ValueOf(at(&cfg)).Elem().Field(i)) && uncompared[name] == "" {
					t.Fatalf("%s: give a value to change it to", name)
				}
				if slices.Contains(without[hop], strings.TrimPrefix(name, "Send.")) || uncompared[name] != "" {
					if after, err := connector.Compile(cfg); err == nil && !analysis.Equivalent(before, after) && uncompared[name] != "presets" {
						t.Errorf("%s, %s: something changes: %s", hop, name, texts(analysis.Compare(before, after).Changes))
					}
					continue
				}
				after, err := connector.Compile(cfg)
				if err != nil {
					t.Errorf("%s, %s: %v", hop, name, err)
				} else if analysis.Equivalent(before, after) {
					t.Errorf("%s, %s: nothing changes", hop, name)
				}
			}
		}
		change("Receive", func(c *connector.Config) any { return &c.Receive[0] })
		change("Send", func(c *connector.Config) any { return &c.Send[0] })
		change("Transport", func(c *connector.Config) any { return &c.Transport })
		change("Service", func(c *connector.Config) any { return &c.Services[0] })
		change("RemoteDomain", func(c *connector.Config) any { return &c.Remote[0] })
		change("AcceptedDomain", func(c *connector.Config) any { return &c.Accepted[0] })
	}
}

// TestPortOfMX: the port is that of the hosts to which the DNS leads as well.
func TestPortOfMX(t *testing.T) {
	old, now := organisation(hops["DNS"]), organisation(hops["DNS"])
	now.Send[0].Port = 2526
	var got []string
	for _, c := range analysis.Compare(compile(t, old), compile(t, now)).Changes {
		got = append(got, c.Text)
	}
	const want = `Mail to any domain except ours, ours.test and ours.example.net now goes to the MX hosts of the domain at port 2526 instead of the MX hosts of the domain (Send connector "Out").`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// TestImplicitTLSOut: at port 465 the connection to the next hop begins with TLS, so to
// leave that port is to demand less.
func TestImplicitTLSOut(t *testing.T) {
	at := func(port int) *connector.Policy {
		cfg := organisation(hops["smart host at port 465"])
		cfg.Send[0].Port = port
		return compile(t, cfg)
	}
	if analysis.AtLeastAsStrict(at(587), at(465)) {
		t.Error("mail that left by TLS may now leave without, and nothing is wider")
	}
	changes := analysis.Compare(at(587), at(465)).Changes
	i := slices.IndexFunc(changes, func(c analysis.Change) bool { return c.Aspect == analysis.AspectRouteTLS })
	if i < 0 || changes[i].Direction != analysis.Stricter || changes[i].Before != "used if offered" || changes[i].After != "required" {
		t.Errorf("got\n%s", texts(changes))
	}
}

// TestNoLogon: mechanisms that don't log on count as the same, unless different header
// fields are sent to the next hop.
func TestNoLogon(t *testing.T) {
	by := func(m auth.Mechanism) *connector.Policy {
		cfg := organisation(hops["smart host"])
		cfg.Send[0].SmartHostAuthMechanism = m
		return compile(t, cfg)
	}
	for _, m := range []auth.Mechanism{auth.ExchangeServer, auth.ExternalAuthoritative} {
		for _, c := range analysis.Compare(by(auth.None), by(m)).Changes {
			if c.Aspect != analysis.AspectRouteHeaders {
				t.Errorf("%v: %s", m, c)
			}
		}
	}
}

// TestSameLogon: it doesn't matter by which parameter a smart host's credential is given.
func TestSameLogon(t *testing.T) {
	with := func(all string, own ...string) *connector.Policy {
		cfg := organisation(hops["smart host with a password"])
		s := &cfg.Send[0]
		s.SmartHosts = []param.SmartHost{param.MustParseSmartHost("a.isp.example"), param.MustParseSmartHost("b.isp.example")}
		s.AuthenticationCredential = &param.Credential{UserName: all, Password: "secret"}
		for i, user := range own {
			if user != "" {
				s.SmartHostCredentials = append(s.SmartHostCredentials, param.SmartHostCredential{Host: s.SmartHosts[i], Credential: param.Credential{UserName: user, Password: "secret"}})
			}
		}
		return compile(t, cfg)
	}
	if !analysis.Equivalent(with("us"), with("us", "us")) || !analysis.Equivalent(with("us", "", "them"), with("them", "us")) {
		t.Error("the same credentials are a difference")
	}
	if analysis.Equivalent(with("us", "", "them"), with("them", "", "us")) {
		t.Error("the credentials of two hosts are exchanged, and there is no difference")
	}
}
