package policytest

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// NotWider fails the test for each thing that p allows and reference doesn't. reference
// is the previous policy, or an approved one.
func NotWider(t testing.TB, p, reference *connector.Policy) {
	t.Helper()
	found := analysis.Compare(reference, p).Wider()
	if found.TooLarge != "" {
		t.Errorf("the policies are %s", found.TooLarge)
	}
	for _, c := range found.Changes {
		if !c.Shown() {
			t.Errorf("%v", c)
			continue
		}
		t.Errorf("%v:\n%v", c, c.New())
	}
}
