package schedule

import (
	"fmt"
	"time"
)

// unfair compares what the Scheduler counts and does with the rule in its plainest form, by
// looking at every message. "" is no difference. All messages must be on the Store.
func (s *Scheduler) unfair(now time.Time) string {
	var begun, waiting []*Transfer
	for _, m := range s.messages {
		for i, t := range m.transfers {
			switch {
			case t == nil || t.To[0] != i: // nothing, or it was seen
			case t.running:
				begun = append(begun, t)
			default:
				waiting = append(waiting, t)
			}
		}
	}
	q, l := &s.queues, &s.limits
	count := func(like func(*Transfer) bool) (n int) {
		for _, t := range begun {
			if like(t) {
				n++
			}
		}
		return n
	}
	all := count(func(*Transfer) bool { return true })
	doubted := count(func(t *Transfer) bool { return t.doubtful })
	returned := count(func(t *Transfer) bool { return t.Message.Report })
	if got, want := [...]int{q.active, q.doubted, q.returned}, [...]int{all, doubted, returned}; got != want {
		return fmt.Sprintf("counts %v attempts in all, in doubt, and with reports; there are %v", got, want)
	}
	share := func(limit, all, own int) bool { return own < limit-(all-own)-(limit-(all-own))/4 }
	for _, b := range begun {
		here, among := 0, 0
		for _, t := range begun {
			if t.hop == b.hop && q.sourceOf(t.Message) == q.sourceOf(b.Message) {
				here, among = here+1, max(among, t.among)
			}
		}
		if here > among-among/4 {
			return fmt.Sprintf("%d of %d attempts at %s are of %s", here, among, b.hop.name, b.Message.Remote.Addr())
		}
	}
	for _, w := range waiting {
		h := w.hop
		ours := func(t *Transfer) bool { return q.sourceOf(t.Message) == q.sourceOf(w.Message) }
		own := count(ours)
		here := count(func(t *Transfer) bool { return t.hop == h })
		ownHere := count(func(t *Transfer) bool { return t.hop == h && ours(t) })
		ownDoubted := count(func(t *Transfer) bool { return t.doubtful && ours(t) })
		if here != h.active {
			return fmt.Sprintf("counts %d attempts at %s, there are %d", h.active, h.name, here)
		}
		may := all < l.total && share(l.total, all, own) &&
			(!w.Message.Report || returned < l.total/8 && share(l.total/8, returned, own)) &&
			(h.proven || doubted < l.total/4*3 && share(l.total/4*3, doubted, ownDoubted)) &&
			h != s.nowhere && !h.down(now) && here < h.allowance(l) && share(h.allowance(l), here, ownHere)
		if may {
			return fmt.Sprintf("%s from %s waits for %s, and could be sent: of %d attempts %d are its source's; of %d to next hops in doubt %d, of %d to this one %d",
				w.Message.ID, w.Message.Remote.Addr(), h.name, all, own, doubted, ownDoubted, here, ownHere)
		}
	}
	return ""
}
