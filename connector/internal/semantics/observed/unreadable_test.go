package observed_test

import (
	"math/rand/v2"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
)

// TestUnreadable compares the decision on messages whose From can't be read, which a dialog
// for Policy.Walk doesn't have, with that of the session.
func TestUnreadable(t *testing.T) {
	seen := map[bool]int{}
	randomPolicies(t, func(r *rand.Rand, p *connector.Policy) {
		q := read(t, p)
		d := newDrawer(r, q)
		for range 20 {
			s := d.session()
			s.Authors, s.HeaderSize, s.Hops, s.LocalHops, s.Size = nil, 0, 0, 0, 0
			if !q.Decide(s).Accepted() {
				continue
			}
			s.Unreadable = true
			got, session := q.Decide(s), p.Walk(dialog(t, s)).Session
			seen[got.Accepted()]++
			if want := session.Authors(nil, false).Allowed(); got.Accepted() != want {
				t.Errorf("%s\n%+v: semantics %v, the session %v", textOf(t, p), s, got.Accepted(), want)
				return
			}
			from := ""
			if a := session.FromOf(nil, false); a.IsValid() {
				from = a.String()
			}
			if got.Accepted() && got.NewFrom != from {
				t.Errorf("%s\n%+v: the new From is %q by semantics, %q by the session", textOf(t, p), s, got.NewFrom, from)
				return
			}
		}
	})
	if seen[false] == 0 || seen[true] == 0 {
		t.Errorf("accepted or not: %v", seen)
	}
}
