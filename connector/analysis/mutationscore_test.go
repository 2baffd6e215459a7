package analysis_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/internal/mutation"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

var mutations = flag.Int("mutations", 200, "how many mutations TestMutationScore makes")

// tallied counts what became of the mutations by one operator.
type tallied struct{ tried, applied, void, found, missed, alarms int }

// TestMutationScore changes random policies by one setting and asks whether Compare and brute
// force agree on whether the policy then does otherwise. It prints a row for each
// operator: how often it was applied, how many of these mutations were void by brute force,
// and how many of the others Compare found. In a long run each operator must have found something.
func TestMutationScore(t *testing.T) {
	seed := policygen.Seed()
	t.Logf("seed: %d", seed)
	all := mutation.Operators()
	rows := make([]tallied, len(all))
	const each = 20 // tries with one policy
	for done, i := 0, 0; done < shorter(*mutations); i++ {
		r := rand.New(rand.NewPCG(uint64(i), seed))
		before := twinOf(t, mutation.Policy(r))
		for n := range each {
			row := leastOf(r, rows, n%2 == 0)
			after := all[row].Apply(r, before.policy)
			rows[row].tried++
			if after == nil {
				continue
			}
			rows[row].applied++
			done++
			rows[row].count(t, all[row].Name, before, twinOf(t, after))
		}
	}
	report(t, all, rows)
}

// leastOf returns the index of an operator that was tried less often than most, or of one of
// those that have found least.
func leastOf(r *rand.Rand, rows []tallied, finding bool) int {
	best := r.IntN(len(rows))
	if !finding {
		if other := r.IntN(len(rows)); rows[other].tried < rows[best].tried {
			return other
		}
		return best
	}
	for _, i := range r.Perm(len(rows)) {
		if rows[i].found < rows[best].found {
			best = i
		}
	}
	return best
}

// count compares a mutation with what brute force says of it.
func (row *tallied) count(t *testing.T, name string, before, after *twin) {
	changes := analysis.Compare(before.policy, after.policy)
	g := gridOf(before, after)
	var first *sighting
	for d := range g.differences() {
		first = &d
		break
	}
	switch {
	case first == nil && !slices.ContainsFunc(changes.Changes, seen):
		row.void++
	case first == nil:
		row.alarms++
		t.Errorf("%s: brute force finds no difference, but\n%s\n%s", name, texts(changes.Changes), changedLines(before, after))
	case changes.Same():
		row.missed++
		t.Errorf("%s: Compare finds no difference, but %v\n%s", name, first, changedLines(before, after))
	default:
		row.found++
		g.checkChanges(t, name, changes)
	}
}

// seen reports whether some session could show a change. Compare tells of authors that can't be
// read even where no message can be sent.
func seen(c analysis.Change) bool { return c.Shown() || c.Aspect != analysis.AspectUnreadableSender }

// checkChanges: each witness shows its change, and if no change is wider, nothing is allowed that
// was not.
func (g *grid) checkChanges(t *testing.T, name string, found analysis.Comparison) {
	for _, c := range found.Changes {
		if c.Shown() && !g.witnessed(c) {
			t.Errorf("%s: the witness doesn't show that %s\n%+v\n%s", name, c, sessionOf(c.Witness), changedLines(g.twins[0], g.twins[1]))
		}
	}
	if found.Wider().Same() {
		if d := g.widened(found.Changes); d != nil {
			t.Errorf("%s: no change is wider, but %v\n%s\n%s", name, d, texts(found.Changes), changedLines(g.twins[0], g.twins[1]))
		}
	}
}

// longRun is how many mutations give each operator an effect.
const longRun = 10_000

// report prints the table, and fails if an operator has found nothing in a long run.
func report(t *testing.T, all []mutation.Operator, rows []tallied) {
	var sum tallied
	text := fmt.Sprintf("\n%-50s %8s %8s %8s %8s %8s\n", "operator", "applied", "void", "found", "missed", "score")
	for i, row := range rows {
		text += row.line(all[i].Name)
		if *mutations >= longRun && row.found == 0 {
			t.Errorf("%s was applied %d times and had no effect", all[i].Name, row.applied)
		}
		sum.applied, sum.void, sum.found, sum.missed = sum.applied+row.applied, sum.void+row.void, sum.found+row.found, sum.missed+row.missed
	}
	t.Log(text + sum.line("total"))
}

func (row tallied) line(name string) string {
	score := "-"
	if n := row.found + row.missed; n > 0 {
		score = fmt.Sprintf("%.2f %%", 100*float64(row.found)/float64(n))
	}
	return fmt.Sprintf("%-50s %8d %8d %8d %8d %8s\n", name, row.applied, row.void, row.found, row.missed, score)
}

// sameFindings are the no-ops after which there is the same number of objects, ranges and
// grants, each of which findings may be about.
var sameFindings = []string{
	"reorder-objects", "reorder-lists", "rename-in-order", "range-first-last", "range-mapped", "range-cidr", "letter-case", "log-settings", "remarks",
}

// TestNoOps: what changes nothing is not a difference, and Check finds the same as before.
func TestNoOps(t *testing.T) {
	all := mutation.NoOps()
	for i := range 40 {
		r := rand.New(rand.NewPCG(uint64(i), 15))
		p := mutation.Policy(r)
		for _, o := range all {
			q := o.Apply(r, p)
			if q == nil {
				continue
			}
			if got := analysis.Compare(p, q); !got.Same() {
				t.Errorf("%s:\n%s\n%s", o.Name, texts(got.Changes), changedLines(twinOf(t, p), twinOf(t, q)))
			}
			if was, is := codesOf(p), codesOf(q); !slices.Equal(was, is) && slices.Contains(sameFindings, o.Name) {
				t.Errorf("%s: findings before and afterwards:\n%v\n%v\n%s", o.Name, was, is, changedLines(twinOf(t, p), twinOf(t, q)))
			}
		}
	}
}

// codesOf returns the codes of the findings of Check, sorted.
func codesOf(p *connector.Policy) (codes []string) {
	for _, f := range analysis.Check(p, analysis.Options{}) {
		codes = append(codes, string(f.Code))
	}
	slices.Sort(codes)
	return codes
}

// changedLines returns the lines of the texts of two policies that are in one of them only.
func changedLines(a, b *twin) string {
	var changed []string
	was, is := strings.Split(string(a.text), "\n"), strings.Split(string(b.text), "\n")
	for i, list := range [][]string{was, is} {
		other := slices.Clone([][]string{is, was}[i])
		for _, line := range list {
			if at := slices.Index(other, line); at >= 0 {
				other = slices.Delete(other, at, at+1)
			} else {
				changed = append(changed, "-+"[i:i+1]+line)
			}
		}
	}
	return strings.Join(changed, "\n")
}
