package analysis

import (
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// twoDoors is a policy of two Receive connectors that would serve the same clients.
func twoDoors(t *testing.T) *connector.Policy {
	door := func(name, clients string) connector.Receive {
		return connector.Receive{
			Name: name, Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange(clients)},
			PermissionGroups: param.Value(permission.AnonymousUsers),
		}
	}
	p, err := connector.Compile(connector.Config{Receive: []connector.Receive{door("A", "10.0.0.0/8"), door("B", "10.1.0.0/16")}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAssertionsShareEffort: an assertion for which no effort is left is not decided, though it is true.
func TestAssertionsShareEffort(t *testing.T) {
	p, effort := twoDoors(t), partition.NewEffort()
	if f := assertion(p, "never relays", effort); f.Code != "" {
		t.Fatalf("got %v", f)
	}
	for effort.Spend(1 << 30) {
	}
	if f := assertion(p, "never relays", effort); f.Code != CodeAssertionUndecided {
		t.Errorf("got %v", f)
	}
}

// TestAssertionOfTwoConnectors: a session that both let in isn't one of the policy, so it is no witness.
func TestAssertionOfTwoConnectors(t *testing.T) {
	f := assertion(twoDoors(t), "-connector A -with-connector B disjoint served", partition.NewEffort())
	if f.Code != CodeAssertionFalse || f.Shown() {
		t.Errorf("got %v with %v", f, f.Witness)
	}
	if got := Assertions(nil); got != nil {
		t.Errorf("nil asserts %v", got)
	}
}
