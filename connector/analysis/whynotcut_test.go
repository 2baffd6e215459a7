package analysis_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestWhyNotLiteral: an address literal is a domain like others, for an address space
// and for an accepted domain.
func TestWhyNotLiteral(t *testing.T) {
	cfg := office()
	cfg.Receive = append(cfg.Receive, relays())
	cfg.Send[0].AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("contoso.com")}
	d := connector.Dialog{
		Local: netip.MustParseAddrPort("192.0.2.1:25"), Remote: netip.MustParseAddr("10.1.0.1"), Helo: "x",
		From: routing.MustParseAddress("a@example.net"), To: []routing.Address{routing.MustParseAddress("c@[192.0.2.9]")},
	}
	edits, untried := analysis.WhyNot(compile(t, cfg), d)
	if len(edits) == 0 || edits[0].Kind != analysis.EditAddressSpace || !edits[0].Accepted() || untried != 0 {
		t.Errorf("got %q, %d untried", editTexts(edits), untried)
	}
	d.Remote = netip.MustParseAddr("192.0.2.2")
	edits, _ = analysis.WhyNot(compile(t, cfg), d)
	if !slices.ContainsFunc(edits, func(e analysis.Edit) bool { return e.Kind == analysis.EditAcceptedDomain }) {
		t.Errorf("got %q", editTexts(edits))
	}
}

// TestWhyNotMany: of very many connectors those that would take the whole session are
// tried first and listed first, and it is said how many weren't tried.
func TestWhyNotMany(t *testing.T) {
	cfg := office()
	for i := range 60 {
		c := relays()
		c.Name, c.Enabled = fmt.Sprintf("Off %02d", i), param.Value(false)
		c.RemoteIPRanges = ranges(fmt.Sprintf("10.1.0.0-10.1.1.%d", i))
		if i != 55 {
			c.Permissions, c.PermissionGroups = nil, param.Value(permission.ExchangeServers)
		}
		cfg.Receive = append(cfg.Receive, c)
	}
	d := connector.Dialog{
		Local: netip.MustParseAddrPort("192.0.2.1:25"), Remote: netip.MustParseAddr("10.1.0.1"), Helo: "x",
		To: []routing.Address{routing.MustParseAddress("c@example.net")},
	}
	edits, untried := analysis.WhyNot(compile(t, cfg), d)
	if len(edits) == 0 || !slices.ContainsFunc(edits, func(e analysis.Edit) bool { return strings.HasSuffix(e.Text, "Off 55") }) || untried < 10 {
		t.Errorf("got %q, %d untried", editTexts(edits), untried)
	}
	for i := 1; i < len(edits); i++ {
		if edits[i].Accepted() && !edits[i-1].Accepted() {
			t.Errorf("%q comes after %q, which isn't all it takes", edits[i].Text, edits[i-1].Text)
		}
	}
}

// TestUndeclaredSize: where SIZE isn't offered a route is chosen without the size, and
// the message refused once it is there. What would turn that is the route's limit.
func TestUndeclaredSize(t *testing.T) {
	cfg := office()
	cfg.Receive[0].SizeEnabled = param.SizeDisabled
	cfg.Accepted[0].DomainType = routing.ExternalRelay
	cfg.Send[0].MaxMessageSize = 100_000
	d := connector.Dialog{
		Local: netip.MustParseAddrPort("192.0.2.1:25"), Remote: netip.MustParseAddr("192.0.2.2"), Helo: "x", Size: 400_000,
		To: []routing.Address{routing.MustParseAddress("ann@contoso.com")},
	}
	p := compile(t, cfg)
	stages := p.Walk(d).Stages
	if last := stages[len(stages)-1]; last.Name != connector.StageData || last.Decision.Reason != reply.RouteTooSmall || last.Reply.Code != 552 {
		t.Errorf("got %v", p.Walk(d))
	}
	edits, _ := analysis.WhyNot(p, d)
	if !slices.ContainsFunc(edits, func(e analysis.Edit) bool { return e.Kind == analysis.EditLimit && e.Accepted() }) {
		t.Errorf("got %q", editTexts(edits))
	}
	d.Size = 100_000
	if !p.Walk(d).Accepted() {
		t.Errorf("a message that the route is for: %v", p.Walk(d))
	}
}
