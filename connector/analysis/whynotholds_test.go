package analysis_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestWhyNotHolds wants every edit for random sessions under random policies to be
// valid, to turn the refusal and to admit what it accepts, and the same edits each
// time.
func TestWhyNotHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	met := map[analysis.EditKind]int{}
	for range 250 {
		p, d := policygen.Policy(r), policygen.Dialog(r)
		before := p.Walk(d)
		edits, _ := analysis.WhyNot(p, d)
		if again, _ := analysis.WhyNot(p, d); !slices.Equal(editTexts(again), editTexts(edits)) {
			t.Fatalf("%q, and then %q", editTexts(edits), editTexts(again))
		}
		for _, e := range edits {
			met[e.Kind]++
			after := compile(t, e.Config).Walk(d)
			if after.String() != e.After.String() || refusedAt(after) <= refusedAt(before) && !after.Accepted() {
				t.Fatalf("%s %s: %s\nbefore\n%s\nafter\n%s", e.Kind, e.Path, e.Text, before, after)
			}
			if len(e.Admits) == 0 && e.Accepted() {
				t.Errorf("%s %s: %s admits nothing, not even\n%s", e.Kind, e.Path, e.Text, after)
			}
			for _, c := range e.Admits {
				if c.Direction != analysis.Wider {
					t.Errorf("%s: %v %s", e.Text, c.Direction, c)
				}
			}
			if got, want := len(e.Admits)+len(e.Alters), len(analysis.Compare(p, compile(t, e.Config)).Changes); got != want {
				t.Errorf("%s tells %d changes of %d", e.Text, got, want)
			}
		}
	}
	for _, kind := range []analysis.EditKind{analysis.EditRange, analysis.EditGrant, analysis.EditGroup, analysis.EditMechanism, analysis.EditRequirement,
		analysis.EditLimit, analysis.EditAcceptedDomain, analysis.EditAddressSpace, analysis.EditEnable} {
		if met[kind] == 0 {
			t.Errorf("no edit of kind %s came up", kind)
		}
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
