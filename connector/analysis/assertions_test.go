package analysis

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// twoDoors is a policy of two Receive connectors that would serve the same clients, with assertions.
func twoDoors(t *testing.T, asserted ...string) *connector.Policy {
	door := func(name, clients string) connector.Receive {
		return connector.Receive{
			Name: name, Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange(clients)},
			PermissionGroups: param.Value(permission.AnonymousUsers),
		}
	}
	p, err := connector.Compile(connector.Config{
		Receive: []connector.Receive{door("A", "10.0.0.0/8"), door("B", "10.1.0.0/16")}, Transport: connector.Transport{Assertions: asserted},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAssertionsShareEffort: where no effort is left, one finding says that the rest is not decided, though it is true. What can't be
// read is reported nevertheless.
func TestAssertionsShareEffort(t *testing.T) {
	effort := partition.NewEffort()
	if found := assertions(twoDoors(t, "never relays", "never relays"), effort); found != nil {
		t.Fatalf("got %v", found)
	}
	for effort.Spend(1 << 30) {
	}
	found := assertions(twoDoors(t, "never relays", "never relays", "never flies", "never sends"), effort)
	if len(found) != 2 || found[0].Code != CodeAssertionUndecided || found[1].Code != CodeAssertionInvalid || found[1].Path != "Transport.Assertions[2]" ||
		!strings.Contains(found[0].Detail, `"never relays" and the 3 after it are not decided: 0 of 4 assertions were examined`) {
		t.Errorf("got %v", found)
	}
	if found := assertions(twoDoors(t, "never relays"), effort); len(found) != 1 || !strings.Contains(found[0].Detail, `"never relays" is not decided: the policy is too large`) {
		t.Errorf("of one: %v", found)
	}
}

// TestAssertionDoubtful: a true assertion about a group that no grant names is a warning, for its name may be misspelt.
func TestAssertionDoubtful(t *testing.T) {
	found := Assertions(twoDoors(t, "-as pritners never relays", "-as pritners always sends", "-as anonymous never relays"))
	if len(found) != 2 || found[0].Code != CodeAssertionDoubtful || found[0].Severity != source.SeverityWarning ||
		!strings.Contains(found[0].Detail, `"-as pritners never relays" is true, but no grant names pritners`) {
		t.Errorf("got %v", found)
	}
}

// TestAssertionsSendOnly: how mail leaves can be asserted where no Receive connector is.
func TestAssertionsSendOnly(t *testing.T) {
	p, err := connector.Compile(connector.Config{
		Send: []connector.Send{{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*.contoso.com")},
			SmartHosts: []param.SmartHost{param.MustParseSmartHost("mx.contoso.com")}, RequireTLS: true}},
		Transport: connector.Transport{Assertions: []string{
			"-to *.contoso.com always encrypted", "-remote 10.0.0.0/8 -to contoso.com always routed", "never routed", "-to example.org always routed", "never sends",
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []source.Code{CodeAssertionFalse, CodeAssertionFalse, CodeAssertionUndecided}
	var got []source.Code
	for _, f := range Assertions(p) {
		got = append(got, f.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestAssertionOfTwoConnectors: a session that both let in isn't one of the policy, so it is no witness.
func TestAssertionOfTwoConnectors(t *testing.T) {
	found := Assertions(twoDoors(t, "-connector A -with-connector B disjoint served"))
	if len(found) != 1 || found[0].Code != CodeAssertionFalse || found[0].Shown() {
		t.Errorf("got %v", found)
	}
	if got := Assertions(nil); got != nil {
		t.Errorf("nil asserts %v", got)
	}
}
