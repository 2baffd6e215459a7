package analysis_test

import (
	"net/netip"
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

// office is a small policy: the Internet may send to contoso.com, and users
// may log on within TLS and relay; the rest leaves by a smart host.
func office() connector.Config {
	return connector.Config{
		Receive: []connector.Receive{
			{
				Name: "Internet", Bindings: bindings("0.0.0.0:25"), RemoteIPRanges: ranges("0.0.0.0-255.255.255.255"),
				PermissionGroups: param.Value(permission.AnonymousUsers),
			},
			{
				Name: "Clients", Bindings: bindings("0.0.0.0:587"), RemoteIPRanges: ranges("10.0.0.0/8"),
				AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: param.Value(permission.ExchangeUsers),
			},
		},
		Send: []connector.Send{{
			Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts: []param.SmartHost{param.MustParseSmartHost("mx.isp.example")},
		}},
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com", DomainType: routing.InternalRelay}},
	}
}

func bindings(all ...string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, s := range all {
		list = append(list, param.MustParseBinding(s))
	}
	return list
}

func ranges(all ...string) []param.Range {
	var list []param.Range
	for _, s := range all {
		list = append(list, param.MustParseRange(s))
	}
	return list
}

func compile(t testing.TB, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func allow(to permission.SID, rights ...permission.Right) permission.Grant {
	return permission.Grant{To: to, Allow: permission.SetOf(rights...)}
}

// relays is a connector for 10.1.0.0/16 that lets any client relay.
func relays() connector.Receive {
	return connector.Receive{
		Name: "Relay", Bindings: bindings("0.0.0.0:25"), RemoteIPRanges: ranges("10.1.0.0/16"),
		PermissionGroups: param.Value(permission.AnonymousUsers),
		Permissions:      []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)},
	}
}

// TestSentences pins what people read.
func TestSentences(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*connector.Config)
		want   []string
	}{
		{"relay", func(c *connector.Config) { c.Receive = append(c.Receive, relays()) }, []string{
			`wider: Clients in 10.1.0.0/16 on 0.0.0.0:25 may now relay to any domain without authentication (connector "Relay").`,
		}},
		{"a hole in a range", func(c *connector.Config) {
			c.Receive[1].RemoteIPRanges = ranges("10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255")
		}, []string{
			`stricter: Clients in 10.1.0.0/16 on 0.0.0.0:587 may no longer connect (connector "Clients").`,
			`stricter: Clients in 10.1.0.0/16 on 0.0.0.0:587 may no longer relay to any domain after logging on (connector "Clients").`,
			`stricter: Clients in 10.1.0.0/16 on 0.0.0.0:587 may no longer send to contoso.com after logging on (connector "Clients").`,
		}},
		{"TLS", func(c *connector.Config) { c.Receive[0].RequireTLS = true }, []string{
			`stricter: All clients on 0.0.0.0:25 must now use TLS (connector "Internet").`,
		}},
		{"passwords in the clear", func(c *connector.Config) {
			c.Receive[1].AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
		}, []string{
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:587 are now offered AUTH LOGIN and PLAIN without TLS (connector "Clients").`,
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:587 may now relay to any domain after logging on without TLS (connector "Clients").`,
			`wider: Clients in 10.0.0.0/8 on 0.0.0.0:587 may now send to contoso.com after logging on without TLS (connector "Clients").`,
		}},
		{"an accepted domain", func(c *connector.Config) {
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{DomainName: "fabrikam.com", MatchSubDomains: true})
		}, []string{
			`wider: All clients on 0.0.0.0:25 may now send to fabrikam.com and below without authentication (connector "Internet").`,
			`stricter: Mail to fabrikam.com and below can no longer leave; it went to mx.isp.example (Send connector "Out").`,
		}},
		{"a group", func(c *connector.Config) {
			c.Receive[1].Permissions = []permission.Grant{{To: permission.NameSID("guests"), Deny: permission.SetOf(permission.AcceptAnyRecipient)}}
		}, []string{
			`stricter: Clients in 10.0.0.0/8 on 0.0.0.0:587 may no longer relay to any domain after logging on as guests (connector "Clients").`,
		}},
		{"sizes", func(c *connector.Config) {
			c.Receive[0].MaxMessageSize, c.Receive[1].MaxMessageSize = 10*param.MB, 50*param.MB
			c.Send[0].MaxMessageSize = 50 * param.MB
			c.Receive[0].MaxRecipientsPerMessage = 1000
		}, []string{
			`wider: Messages of clients in 10.0.0.0/8 on 0.0.0.0:587 after logging on may now have up to 50MB (was 36MB; connector "Clients").`,
			`stricter: Messages of all clients on 0.0.0.0:25 without authentication are now limited to 10MB (was 36MB; connector "Internet").`,
			`wider: Messages of all clients on 0.0.0.0:25 without authentication may now have up to 1000 recipients (was 200; connector "Internet").`,
			`wider: Mail to any domain of more than 35MB and up to 50MB can now leave, to mx.isp.example (Send connector "Out").`,
		}},
		{"headers and settings", func(c *connector.Config) {
			c.Receive[0].Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptHeadersOrganization)}
			c.Receive[0].TarpitInterval = param.Value(time.Duration(0))
		}, []string{
			`wider: X-MS-Exchange-Organization-* fields of all clients on 0.0.0.0:25 without authentication are now kept (connector "Internet").`,
			`wider: For all clients on 0.0.0.0:25, TarpitInterval is now 00:00:00 (was 00:00:05; connector "Internet").`,
		}},
		{"a route", func(c *connector.Config) {
			c.Send[0].RequireTLS = true
			c.Send = append(c.Send, connector.Send{
				Name: "Inside", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*.contoso.com")},
				SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.0.0.25")}, Port: 2525,
			})
		}, []string{
			`different: Mail to contoso.com and below now goes to [10.0.0.25] at port 2525 instead of mx.isp.example (Send connector "Inside").`,
			`stricter: For mail to any domain except contoso.com and below, TLS with the next hop is now required (was used if offered; Send connector "Out").`,
		}},
		{"a route by another connector to the same server", func(c *connector.Config) {
			c.Servers = []routing.Server{{Name: "A"}, {Name: "B"}}
			c.Send[0].SourceTransportServers = []string{"B"}
			c.Send = append(c.Send, connector.Send{
				Name: "Aside", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("example.net")},
				SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.0.0.25")}, SourceTransportServers: []string{"B"},
			})
			c.Receive[0].Fqdn, c.Receive[1].Fqdn = "localhost", "localhost"
		}, []string{
			`different: Mail to any domain now goes to server B instead of mx.isp.example (Send connectors "Aside" and "Out").`,
			`wider: Mail to any domain now leaves with its X-MS-Exchange-Organization-* fields (Send connectors "Aside" and "Out").`,
			`wider: Mail to any domain now leaves with its X-MS-Exchange-Forest-* fields (Send connectors "Aside" and "Out").`,
			`wider: Mail to any domain now leaves with its X-MS-Exchange-CrossPremises-* fields (Send connectors "Aside" and "Out").`,
			`different: For mail to any domain, Fqdn is now "A" (was "localhost"; Send connectors "Aside" and "Out").`,
		}},
		{"clients with and without STARTTLS", func(c *connector.Config) {
			for i, at := range []string{"0.0.0.0:2525", "0.0.0.0:2526"} {
				r := relays()
				r.Name, r.Bindings, r.Permissions = at, bindings(at), nil
				if i > 0 {
					r.AuthMechanism = param.Value(auth.TLS)
				}
				c.Receive = append(c.Receive, r)
			}
		}, []string{
			`wider: Clients in 10.1.0.0/16 on 0.0.0.0:2525 and 0.0.0.0:2526 may now connect (connectors "0.0.0.0:2525" and "0.0.0.0:2526").`,
			`wider: Clients in 10.1.0.0/16 on 0.0.0.0:2525 and 0.0.0.0:2526 may now send to contoso.com without authentication (connectors "0.0.0.0:2525" and "0.0.0.0:2526").`,
		}},
		{"this server's password", func(c *connector.Config) {
			c.Send[0].SmartHostAuthMechanism = auth.BasicAuthRequireTLS
			c.Send[0].AuthenticationCredential = &param.Credential{UserName: "us", Password: "secret"}
		}, []string{
			`stricter: For mail to any domain, TLS with the next hop is now required, with a trusted certificate for the smart host (was used if offered; Send connector "Out").`,
			`different: For mail to any domain, authentication with the next hop is now BasicAuthRequireTLS as "us" (was None; Send connector "Out").`,
		}},
		{"passwords of smart hosts", func(c *connector.Config) {
			s := &c.Send[0]
			s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost("b.isp.example"))
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuthRequireTLS, &param.Credential{UserName: "us", Password: "secret"}
			s.SmartHostCredentials = []param.SmartHostCredential{{Host: s.SmartHosts[1], Credential: param.Credential{UserName: "them", Password: "other"}}}
		}, []string{
			`different: Mail to any domain now goes to b.isp.example or mx.isp.example instead of mx.isp.example (Send connector "Out").`,
			`stricter: For mail to any domain, TLS with the next hop is now required, with a trusted certificate for the smart host (was used if offered; Send connector "Out").`,
			`different: For mail to any domain, authentication with the next hop is now BasicAuthRequireTLS as "them" at b.isp.example, "us" at mx.isp.example (was None; Send connector "Out").`,
		}},
		{"domain security", func(c *connector.Config) {
			c.Transport.TLSSendDomainSecureList = []string{"partner.test"}
			c.Send = append(c.Send, connector.Send{
				Name: "Partners", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*.test")}, DomainSecureEnabled: true,
			})
		}, []string{
			`different: Mail to test and below now goes to the MX hosts of the domain instead of mx.isp.example (Send connector "Partners").`,
			`stricter: For mail to partner.test, TLS with the next hop is now required, with a trusted certificate for the recipient's domain (was used if offered; Send connector "Partners").`,
		}},
		{"other text", func(c *connector.Config) {
			slices.Reverse(c.Receive)
			c.Receive[0].Name, c.Receive[1].Name, c.Send[0].Name = "a", "b", "c"
			c.Receive[0].Comment = "renamed"
			c.Receive[0].RemoteIPRanges = ranges("10.128.0.0-10.255.255.255", "10.0.0.0/9")
		}, nil},
		{"a connector that always loses", func(c *connector.Config) {
			lost := relays()
			lost.Name, lost.RemoteIPRanges = "Anybody", ranges("0.0.0.0/0") // before Internet by name
			c.Receive[0].TransportRole = param.FrontendTransport
			c.Receive = append(c.Receive, lost)
		}, nil},
	} {
		cfg := office()
		row.change(&cfg)
		var got []string
		for _, c := range analysis.Compare(compile(t, office()), compile(t, cfg)).Changes {
			got = append(got, c.Direction.String()+": "+c.Text)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", row.name, strings.Join(got, "\n"), strings.Join(row.want, "\n"))
		}
	}
}
