package mutation

import (
	"math/rand/v2"
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
)

// TestEveryParameter: each enforced parameter has an operator, or a no-op if it decides
// nothing.
func TestEveryParameter(t *testing.T) {
	changed, kept := map[string]bool{}, map[string]bool{}
	for _, o := range Operators() {
		for _, name := range o.Parameters {
			changed[name] = true
		}
	}
	for _, o := range NoOps() {
		for _, name := range o.Parameters {
			kept[name] = true
		}
	}
	for _, name := range grantParameters {
		if !changed[name] {
			t.Errorf("%s has no operator", name)
		}
	}
	parameters(func(o object, row *schema.Row, _ []int) {
		if name := parameterName(o, row); !changed[name] && !kept[name] {
			t.Errorf("%s has no operator", name)
		}
	})
	if n := len(Operators()); n < 47 {
		t.Errorf("there are %d operators", n)
	}
}

// TestEveryOperatorApplies: each operator finds something to change in some policies.
func TestEveryOperatorApplies(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	applied := map[string]int{}
	all := append(Operators(), NoOps()...)
	for range 60 {
		p := Policy(r)
		for _, o := range all {
			if o.Apply(r, p) != nil {
				applied[o.Name]++
			}
		}
	}
	for _, o := range all {
		if applied[o.Name] == 0 {
			t.Errorf("%s changes nothing in 60 policies", o.Name)
		}
	}
}
