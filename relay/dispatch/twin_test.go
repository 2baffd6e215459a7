package dispatch

import (
	"fmt"
	"time"
)

// Unfair compares what the scheduler counts and does with the rule in its plainest form, by
// looking at every message. "" is no difference. All messages must be on the Store.
func (d *Dispatcher) Unfair() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var begun, waiting []*transfer
	for _, m := range d.messages {
		for i, tr := range m.work {
			switch {
			case tr == nil || tr.to[0] != i: // nothing, or it was seen
			case tr.running:
				begun = append(begun, tr)
			default:
				waiting = append(waiting, tr)
			}
		}
	}
	s, l := &d.sched, &d.limits
	count := func(like func(*transfer) bool) (n int) {
		for _, tr := range begun {
			if like(tr) {
				n++
			}
		}
		return n
	}
	all := count(func(*transfer) bool { return true })
	doubted := count(func(tr *transfer) bool { return tr.doubtful })
	returned := count(func(tr *transfer) bool { return tr.m.Report })
	if got, want := [...]int{s.active, s.doubted, s.returned}, [...]int{all, doubted, returned}; got != want {
		return fmt.Sprintf("counts %v attempts in all, in doubt, and with reports; there are %v", got, want)
	}
	share := func(limit, all, own int) bool { return own < limit-(all-own)-(limit-(all-own))/4 }
	for _, b := range begun {
		here, among := 0, 0
		for _, tr := range begun {
			if tr.hop == b.hop && d.sourceOf(tr.m) == d.sourceOf(b.m) {
				here, among = here+1, max(among, tr.among)
			}
		}
		if here > among-among/4 {
			return fmt.Sprintf("%d of %d attempts at %s are of %s", here, among, b.hop.name, b.m.Remote.Addr())
		}
	}
	for _, w := range waiting {
		h := w.hop
		ours := func(tr *transfer) bool { return d.sourceOf(tr.m) == d.sourceOf(w.m) }
		own := count(ours)
		here := count(func(tr *transfer) bool { return tr.hop == h })
		ownHere := count(func(tr *transfer) bool { return tr.hop == h && ours(tr) })
		ownDoubted := count(func(tr *transfer) bool { return tr.doubtful && ours(tr) })
		if here != h.active {
			return fmt.Sprintf("counts %d attempts at %s, there are %d", h.active, h.name, here)
		}
		may := all < l.total && share(l.total, all, own) &&
			(!w.m.Report || returned < l.total/8 && share(l.total/8, returned, own)) &&
			(h.proven || doubted < l.total/4*3 && share(l.total/4*3, doubted, ownDoubted)) &&
			h != s.nowhere && !h.down(time.Now()) && here < h.allowance(l) && share(h.allowance(l), here, ownHere)
		if may {
			return fmt.Sprintf("%s from %s waits for %s, and could be sent: of %d attempts %d are its source's; of %d to next hops in doubt %d, of %d to this one %d",
				w.m.ID, w.m.Remote.Addr(), h.name, all, own, doubted, ownDoubted, here, ownHere)
		}
	}
	return ""
}
