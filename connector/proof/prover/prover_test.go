package prover_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// shorter returns a fifth of a number of runs with -short, which the race detector's run uses:
// these tests have one goroutine.
func shorter(runs int) int {
	if testing.Short() {
		return runs / 5
	}
	return runs
}

var runs = flag.Int("runs", 150, "how many random policies are proved")

// text returns the text of a policy.
func text(t testing.TB, p *connector.Policy) []byte {
	t.Helper()
	b, err := jsonconfig.Marshal(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shown counts the different answers that need no accepted message to be seen, as the
// largest size does. Compare leaves out those of sessions that never send one.
func shown(c *proof.Certificate) (n int) {
	some := *c
	some.Routes, some.Answers = nil, nil
	for _, a := range c.Answers {
		if a.Question == proof.AskSession || a.Question == proof.AskRecipients {
			some.Answers = append(some.Answers, a)
		}
	}
	_, n = some.Count()
	return n
}

// TestRandom: certificates of random policies and of their changes are true, and two
// policies that Compare finds the same differ in no answer that a session shows.
func TestRandom(t *testing.T) {
	differ, same := 0, 0
	for seed := range shorter(*runs) {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		a := policygen.Policy(r)
		c, err := prover.Prove(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Verify(c, text(t, a)); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text(t, a))
		}
		b := policygen.Change(r, a)
		if c, err = prover.Diff(a, b); err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyDiff(c, text(t, a), text(t, b)); err != nil {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, err, text(t, a), text(t, b))
		}
		if c.Differences > 0 {
			differ++
		}
		if analysis.Equivalent(a, b) {
			same++
			if n := shown(c); n > 0 {
				t.Errorf("seed %d: %d answers differ, and Compare finds no change", seed, n)
			}
		}
	}
	if differ == 0 || same == 0 {
		t.Errorf("%d pairs of policies differ, and %d do the same", differ, same)
	}
}
