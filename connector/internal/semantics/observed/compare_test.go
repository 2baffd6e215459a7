package observed_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/internal/mutation"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
)

// TestRoutesCompared changes one parameter of a policy that routes among several servers, and asks
// whether Compare finds a difference exactly where the texts of the two policies have one.
func TestRoutesCompared(t *testing.T) {
	operators := slices.DeleteFunc(mutation.Operators(), func(o mutation.Operator) bool {
		return strings.HasPrefix(o.Parameters[0], "Receive") || strings.HasPrefix(o.Name, "grant-")
	})
	different, same := 0, 0
	eachPolicy(t, func(r *rand.Rand, p *connector.Policy, q *observed.Policy) {
		for range 3 {
			o := pick(r, operators)
			changed := o.Apply(r, p)
			if changed == nil {
				continue
			}
			found, said := analysis.Compare(p, changed), difference(q, read(t, changed))
			if found.Same() != (said == "") {
				t.Errorf("%s: Compare finds %v, the texts differ for %q; afterwards it is\n%s\nand was", o.Name, found.Changes, said, textOf(t, changed))
			}
			if said == "" {
				same++
			} else {
				different++
			}
		}
	})
	if min(different, same) < *sendPolicies/2 {
		t.Errorf("%d changes make a difference, %d don't", different, same)
	}
}

// difference returns the first mail that two policies route, send or report about in different ways;
// "" for policies that do the same.
func difference(a, b *observed.Policy) string {
	domains, sizes := points(a.Mentions(), b.Mentions())
	for _, domain := range domains {
		address := "amy@" + domain
		for _, size := range sizes {
			was, is := a.Route(address, size), b.Route(address, size)
			if (was.Outcome == semantics.Routed) != (is.Outcome == semantics.Routed) {
				return fmt.Sprintf("%d bytes to %s: %v, %v", size, address, was, is)
			}
			s := observed.Session{From: address, To: []string{address}, Size: size}
			if names := observed.Changed(a.Observables(s), b.Observables(s)); len(names) > 0 {
				return fmt.Sprintf("%d bytes to %s: %q", size, address, names)
			}
		}
	}
	return ""
}

// points returns the domains and sizes between which two policies tell no difference.
func points(both ...observed.Mentions) (domains []string, sizes []int64) {
	domains, sizes = []string{"other.invalid", "other", "[192.0.2.88]", "x.example.org"}, []int64{0}
	for _, m := range both {
		for _, d := range m.Domains {
			domains = append(domains, d)
			if !strings.HasPrefix(d, "[") {
				domains = append(domains, "below."+d)
			}
		}
		for _, n := range m.Sizes {
			sizes = append(sizes, n, n+1)
		}
	}
	slices.Sort(domains)
	slices.Sort(sizes)
	return slices.Compact(domains), slices.Compact(sizes)
}
