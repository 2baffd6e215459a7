package explain_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// policyOf makes a policy of n Receive connectors, each for a range of its own.
func policyOf(t *testing.T, n int, bindings ...string) *connector.Policy {
	t.Helper()
	cfg := connector.Config{Send: []connector.Send{{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, SmartHosts: []param.SmartHost{param.MustParseSmartHost("hub.contoso.com")}}}}
	for i := range n {
		in := connector.Receive{
			Name: fmt.Sprintf("R%02d", i), PermissionGroups: param.Value(permission.AnonymousUsers),
			RemoteIPRanges: []param.Range{param.MustParseRange(fmt.Sprintf("10.0.%d.0/24", i))},
		}
		for _, b := range bindings {
			in.Bindings = append(in.Bindings, param.MustParseBinding(b))
		}
		cfg.Receive = append(cfg.Receive, in)
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPlaces: a wildcard stands for an address that no other binding has, port 25 is first, and ports that begin with
// TLS are for clients that use it.
func TestPlaces(t *testing.T) {
	p := policyOf(t, 1, "0.0.0.0:587", "0.0.0.0:25", "192.0.2.1:25", "0.0.0.0:465", "[::]:25")
	for _, row := range []struct {
		remote string
		tls    bool
		want   string
	}{
		{"10.0.0.1", false, "192.0.2.1:25; any other local address, port 25; any local address, port 587"},
		{"10.0.0.1", true, "192.0.2.1:25; any other local address, port 25; any local address, port 465; any local address, port 587"},
		{"2001:db8::9", false, "any local address, port 25"},
	} {
		var got []string
		for _, place := range explain.Places(p, netip.MustParseAddr(row.remote), row.tls) {
			got = append(got, place.String())
			if place.Example && slices.Contains(p.Bindings(), place.AddrPort) {
				t.Errorf("%v is an example of other addresses, and a binding names it", place.AddrPort)
			}
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s, TLS %v: %s, want %s", row.remote, row.tls, text, row.want)
		}
	}
}

// TestSteps: connectors that don't match are listed up to five, and settings that no file gives say what made them.
func TestSteps(t *testing.T) {
	p := policyOf(t, 9, "0.0.0.0:25")
	w := p.Walk(connector.Dialog{Remote: netip.MustParseAddr("10.0.8.1"), Local: netip.MustParseAddrPort("10.9.9.9:25"), To: []routing.Address{routing.MustParseAddress("a@example.com")}})
	for _, s := range []explain.Source{{}, {Other: "setup"}} {
		connect := s.Stages(w)[0]
		if len(connect.Steps) != 7 || connect.Others != 3 {
			t.Fatalf("%d steps and %d others: %v", len(connect.Steps), connect.Others, connect.Steps)
		}
		basis := connect.Steps[5].Basis[0]
		if strings.HasSuffix(basis, " (setup)") != (s.Other != "") {
			t.Errorf("with Other %q: %s", s.Other, basis)
		}
	}
}
