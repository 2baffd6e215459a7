package connector_test

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Short forms of the things that rows of tests are made of.
func addr(s string) routing.Address { return routing.MustParseAddress(s) }
func at(s string) netip.AddrPort    { return netip.MustParseAddrPort(s) }
func ip(s string) netip.Addr        { return netip.MustParseAddr(s) }
func rng(s string) param.Range      { return param.MustParseRange(s) }
func allRanges() []param.Range      { return ranges("0.0.0.0-255.255.255.255", "::/0") }

func ranges(all ...string) []param.Range {
	var rs []param.Range
	for _, s := range all {
		rs = append(rs, rng(s))
	}
	return rs
}

func compile(t testing.TB, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// guide is the organisation of the administrator's guide: HubA with its
// default connector, the two connectors for the gateway, and the way out.
func guide(profile connector.Profile) connector.Config {
	return connector.Config{
		Profile:  profile,
		Server:   "HubA",
		Servers:  []routing.Server{{Name: "HubA", FQDN: "huba.fabrikam.com", Site: "Default"}},
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{
			{
				Name:             "Default HubA",
				Bindings:         []netip.AddrPort{at("0.0.0.0:25")},
				RemoteIPRanges:   allRanges(),
				AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: param.Value(permission.ExchangeUsers | permission.AnonymousUsers),
			},
			{
				Name:           "FromSecuredGateway",
				Usage:          param.UsageInternal,
				RemoteIPRanges: ranges("192.168.1.10"),
				AuthMechanism:  param.Value(auth.ExternalAuthoritative),
			},
			{
				Name:             "FromInternetGateway",
				Bindings:         []netip.AddrPort{at("10.2.3.4:25")},
				RemoteIPRanges:   ranges("192.168.5.77"),
				PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions: []permission.Grant{
					{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
				},
			},
		},
		Send: []connector.Send{{
			Name:                   "ToInternetGateway",
			AddressSpaces:          []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts:             []param.SmartHost{param.MustParseSmartHost("smtpgateway1.contoso.com")},
			SourceTransportServers: []string{"HubA"},
		}},
	}
}

func TestGuideSelect(t *testing.T) {
	p := compile(t, guide(permission.Current))
	tests := []struct{ local, remote, want string }{
		{"10.2.3.4:25", "192.168.5.77", "FromInternetGateway"},
		{"10.2.3.4:25", "192.168.1.10", "FromSecuredGateway"},
		{"10.2.3.4:25", "203.0.113.9", "Default HubA"},
		{"10.2.3.5:25", "192.168.5.77", "Default HubA"},
		{"10.2.3.4:587", "192.168.5.77", ""},
	}
	for _, tt := range tests {
		in := p.Select(at(tt.local), ip(tt.remote), nil)
		if in.Name() != tt.want {
			t.Errorf("Select(%s, %s) = %q, want %q", tt.local, tt.remote, in.Name(), tt.want)
		}
		var trace connector.Trace
		if explained := p.Select(at(tt.local), ip(tt.remote), &trace); explained != in {
			t.Errorf("Select(%s, %s) differs when it is traced:\n%s", tt.local, tt.remote, trace)
		}
	}
}
