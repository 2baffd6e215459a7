package connector_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestRouteBy chooses Send connectors by name, whatever their address spaces.
func TestRouteBy(t *testing.T) {
	send := func(name string, change func(*connector.Send)) connector.Send {
		s := connector.Send{Name: name, AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("example.net")},
			SmartHosts: []param.SmartHost{param.MustParseSmartHost("192.0.2.1")}, MaxMessageSize: 1000}
		if change != nil {
			change(&s)
		}
		return s
	}
	p, err := connector.Compile(connector.Config{
		Server:  "HubA",
		Servers: []routing.Server{{Name: "HubA", Site: "one"}, {Name: "HubB", Site: "one"}},
		Send: []connector.Send{
			send("Out contoso", nil),
			send("Off", func(s *connector.Send) { s.Enabled = param.Value(false) }),
			send("Elsewhere", func(s *connector.Send) { s.SourceTransportServers = []string{"HubB"} }),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	kim := routing.MustParseAddress("kim@contoso.com")
	for _, tc := range []struct {
		name string
		to   routing.Address
		size int64
		want routing.Outcome
	}{
		{"Out contoso", kim, 0, routing.Routed},
		{"OUT CONTOSO", kim, 1000, routing.Routed},
		{"Out contoso", kim, 1001, routing.TooLarge},
		{"Out contoso", routing.Address{}, 0, routing.Unreachable},
		{"Off", kim, 0, routing.Unreachable},
		{"Elsewhere", kim, 0, routing.Unreachable},
		{"", kim, 0, routing.Unreachable},
		{"Out", kim, 0, routing.Unreachable},
	} {
		r := p.RouteBy(tc.name, tc.to, tc.size)
		if r.Outcome != tc.want || (r.Outbound != nil) != (tc.want == routing.Routed) || r.Outbound != nil && r.Outbound.Name() != "Out contoso" {
			t.Errorf("RouteBy(%q, %v, %d) = %v by %q, want %v", tc.name, tc.to, tc.size, r.Outcome, r.Outbound.Name(), tc.want)
		}
	}
}
