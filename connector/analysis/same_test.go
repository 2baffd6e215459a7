package analysis_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestReordered: another order of everything, and other names in the same
// order, show nothing.
func TestReordered(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	shuffle := func(n int, swap func(i, j int)) { r.Shuffle(n, swap) }
	for range 200 {
		p := policygen.Policy(r)
		cfg := p.Config()
		for i := range cfg.Receive {
			c := &cfg.Receive[i]
			c.Name, c.Comment = "renamed "+c.Name, "by a test"
			shuffle(len(c.RemoteIPRanges), swapper(c.RemoteIPRanges))
			shuffle(len(c.Bindings), swapper(c.Bindings))
			shuffle(len(c.Permissions), swapper(c.Permissions))
		}
		for i := range cfg.Send {
			s := &cfg.Send[i]
			s.Name = "renamed " + s.Name
			shuffle(len(s.AddressSpaces), swapper(s.AddressSpaces))
			shuffle(len(s.SmartHosts), swapper(s.SmartHosts))
		}
		shuffle(len(cfg.Receive), swapper(cfg.Receive))
		shuffle(len(cfg.Send), swapper(cfg.Send))
		shuffle(len(cfg.Accepted), swapper(cfg.Accepted))
		shuffle(len(cfg.Transport.TLSReceiveDomainSecureList), swapper(cfg.Transport.TLSReceiveDomainSecureList))
		if got := analysis.Compare(p, compile(t, cfg)); !got.Same() {
			t.Fatalf("not the same:\n%s", texts(got.Changes))
		}
	}
}

// TestNameDecides: a new name that wins a tie changes the connector that serves.
func TestNameDecides(t *testing.T) {
	tie := func(name string) *connector.Policy {
		cfg, other := office(), relays()
		other.Name, other.RemoteIPRanges = name, ranges("10.0.0.50-10.0.0.149")
		cfg.Receive[0].RemoteIPRanges = ranges("0.0.0.0/0", "10.0.0.0-10.0.0.99")
		cfg.Receive = append(cfg.Receive, other)
		return compile(t, cfg)
	}
	if !analysis.Equivalent(tie("Later"), tie("Last")) {
		t.Error("a connector that loses in any case may be called what one likes")
	}
	if analysis.AtLeastAsStrict(tie("First"), tie("Last")) {
		t.Error("First comes before Internet and relays")
	}
}

// swapper swaps elements, for Shuffle.
func swapper[T any](list []T) func(i, j int) {
	return func(i, j int) { list[i], list[j] = list[j], list[i] }
}

// TestMirror: what is wider one way is stricter the other way.
func TestMirror(t *testing.T) {
	pairs(120, 3, func(_ *rand.Rand, a, b *connector.Policy) {
		there, back := analysis.Compare(a, b), analysis.Compare(b, a)
		var want, got []string
		for _, c := range there.Changes {
			want = append(want, summary(c, c.Direction, c.Before, c.After))
		}
		opposite := map[analysis.Direction]analysis.Direction{
			analysis.Wider: analysis.Stricter, analysis.Stricter: analysis.Wider, analysis.Different: analysis.Different,
		}
		for _, c := range back.Changes {
			got = append(got, summary(c, opposite[c.Direction], c.After, c.Before))
		}
		slices.Sort(want)
		slices.Sort(got)
		want, got = slices.Compact(want), slices.Compact(got)
		if !slices.Equal(got, want) {
			t.Fatalf("there\n%s\nand back\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
		if analysis.AtLeastAsStrict(b, a) != there.Wider().Same() || analysis.Equivalent(a, b) != there.Same() {
			t.Fatal("three answers to one question")
		}
	})
}

// summary leaves the domains of routes out: that larger messages don't leave
// either goes without saying one way and not the other.
func summary(c analysis.Change, direction analysis.Direction, before, after string) string {
	if c.Aspect == analysis.AspectRoute {
		c.Domains, c.Except = nil, nil
	}
	return fmt.Sprint(c.Aspect, direction, c.Subject, before, " to ", after, c.Clients, c.Domains, c.Except)
}

// TestNothing: a nil policy serves no client.
func TestNothing(t *testing.T) {
	if !analysis.Equivalent(nil, nil) || !analysis.Equivalent(nil, compile(t, connector.Config{})) {
		t.Error("no policy isn't the same as an empty one")
	}
	p := compile(t, office())
	if analysis.AtLeastAsStrict(p, nil) || !analysis.AtLeastAsStrict(nil, p) {
		t.Error("no policy isn't stricter than one")
	}
	for _, c := range analysis.Compare(nil, p).Changes {
		if c.Direction != analysis.Wider {
			t.Errorf("%s: %s", c.Direction, c)
		}
	}
}

// TestDirectionText pins the names.
func TestDirectionText(t *testing.T) {
	for d, want := range map[analysis.Direction]string{
		analysis.Wider: "wider", analysis.Stricter: "stricter", analysis.Different: "different", 9: "Direction(9)",
	} {
		if text, err := d.MarshalText(); string(text) != want || err != nil {
			t.Errorf("%d is %s, %v", d, text, err)
		}
	}
}
