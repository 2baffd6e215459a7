package prover_test

import (
	"math/rand/v2"
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/mutation"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
)

// TestMutations: certificates of policies of every kind and of one change of each are
// true, a change shows up as a different answer or doesn't touch the questions, and a
// change of the text alone shows up nowhere.
func TestMutations(t *testing.T) {
	differ := 0
	try := func(seed int, op mutation.Operator, noop bool) {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		a := mutation.Policy(r)
		b := op.Apply(r, a)
		if b == nil {
			return
		}
		c, err := prover.Diff(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyDiff(c, text(t, a), text(t, b)); err != nil {
			t.Fatalf("%s, seed %d: %v\n%s\n%s", op.Name, seed, err, text(t, a), text(t, b))
		}
		if c.Differences > 0 {
			differ++
		}
		if noop && c.Differences > 0 {
			t.Errorf("%s, seed %d: %d answers differ", op.Name, seed, c.Differences)
		}
	}
	for i, op := range mutation.Operators() {
		for seed := range max(*runs/100, 1) {
			try(1000*i+seed, op, false)
		}
	}
	for i, op := range mutation.NoOps() {
		for seed := range max(*runs/20, 1) {
			try(1000*i+seed, op, true)
		}
	}
	if differ < 20 {
		t.Errorf("only %d changes give other answers", differ)
	}
}
