package analysis_test

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestWhyNotHolds wants every edit for random sessions to be valid, to turn the
// refusal, to admit something, and to be no wider than those after it.
func TestWhyNotHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	edits := 0
	for range 200 {
		cfg := fabrikam()
		cfg.Receive[0].RequireTLS = r.IntN(4) == 0
		cfg.Receive[0].RejectReservedTopLevelRecipientDomains = r.IntN(3) == 0
		cfg.Receive[1].Enabled = connector.Value(r.IntN(3) > 0)
		cfg.Receive[0].PermissionGroups = connector.Value(permission.Group(r.IntN(32)))
		cfg.Send[0].AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace(pick("*", "contoso.com"))}
		d := scanner()
		d.Local, d.Remote = netip.MustParseAddrPort(pick("10.2.3.4:25", "10.2.3.5:25", "10.2.3.4:26")), netip.MustParseAddr(pick("10.9.8.7", "192.168.5.77"))
		d.TLS, d.Size = r.IntN(2) == 0, int64(r.IntN(3))*(20<<20)
		d.To = []routing.Address{routing.MustParseAddress(pick("a@fabrikam.com", "b@contoso.com", "c@x.test", "a%b@fabrikam.com", "d@[192.0.2.1]"))}
		if r.IntN(2) == 0 {
			d.User = &auth.Identity{Principal: permission.Authenticated("ann")}
		}
		p := compile(t, cfg)
		before := p.Walk(d)
		for _, e := range analysis.WhyNot(p, d) {
			edits++
			after := compile(t, e.Config).Walk(d)
			if after.String() != e.After.String() || refusedAt(after) <= refusedAt(before) && !after.Accepted() {
				t.Fatalf("%s %s: %s\nbefore\n%s\nafter\n%s", e.Kind, e.Path, e.Text, before, after)
			}
			if len(e.Admits) == 0 {
				t.Errorf("%s %s: %s admits nothing, not even\n%s", e.Kind, e.Path, e.Text, after)
			}
			for _, c := range e.Admits {
				if c.Direction != analysis.Wider {
					t.Errorf("%s: %v %s", e.Text, c.Direction, c)
				}
			}
		}
	}
	if edits < 200 {
		t.Errorf("%d edits", edits)
	}
}

// refusedAt is how far a session came, by the names of stages: the connector, and
// with it the steps on the way, may be another.
func refusedAt(w connector.Walkthrough) int {
	names := connector.StageNames()
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return slices.Index(names, s.Name)
		}
	}
	return len(names)
}

// TestEditsDocumented wants docs/explain.md to list the kinds of edits.
func TestEditsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "explain.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| edit |")
	table, _, _ = strings.Cut(table, "\n\n")
	var got []analysis.EditKind
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		got = append(got, analysis.EditKind(m[1]))
	}
	if !slices.Equal(got, analysis.EditKinds()) {
		t.Errorf("the page lists %q, want %q", got, analysis.EditKinds())
	}
}
