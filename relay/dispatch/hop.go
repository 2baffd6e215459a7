package dispatch

import (
	"iter"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// unreachable is the name of the queue of those who can be sent nowhere, as
// Exchange calls it.
const unreachable = "Unreachable"

// hop is a next hop: who waits for it, and how it does. It is guarded by
// Dispatcher.mu.
type hop struct {
	policy *connector.Policy // under which next is what it is
	next   delivery.NextHop
	name   string
	lanes  chain[lane] // of transfers that wait, in the order of their turns
	aside  chain[lane] // whose sources may have no more connections just now
	own    lane        // memory for one of them

	waiting  int  // transfers in all lanes
	awaited  int  // transfers that clients wait for
	active   int  // attempts under way
	proven   bool // it has answered since it last failed
	spare    int  // connections beyond the first while it isn't proven
	ceiling  int  // connections that it seems to take at once; 0: any number
	spoken   bool // the ceiling follows from its words, and outlives a failure
	answers  int  // since ceiling changed
	failures int  // since it last answered
	silent   bool // a client waited for it in vain, and it hasn't answered since
	round    int  // tells attempts that began before a failure from those after it
	retryAt  time.Time
	last     word // how it failed

	turn  place[hop] // in scheduler.proven or doubtful
	event event
	used  time.Time // when it was last needed
}

// word is what was said, by whom, and when.
type word struct {
	at          time.Time
	reply, host string
}

// become lets h be what another policy has made of it. If it has other hosts now,
// nothing is known of those: neither that they failed nor that they work.
func (h *hop) become(next delivery.NextHop, p *connector.Policy) {
	name := next.String()
	if h.name != name && h.name != "" {
		h.proven, h.spare, h.ceiling, h.answers, h.spoken = false, 0, 0, 0, false
		h.failures, h.retryAt, h.last = 0, time.Time{}, word{}
		h.round++ // attempts that have begun are at the old ones
	}
	h.policy, h.next, h.name = p, next, name
}

// allowance returns how many connections h may have. A next hop that failed,
// or that nobody has seen at work yet, gets one: if it is dead, that is what
// it costs.
func (h *hop) allowance(l *limits) int {
	switch {
	case h.proven && h.ceiling > 0:
		return min(h.ceiling, l.perHop)
	case h.proven:
		return l.perHop
	}
	return min(1+h.spare, l.perHop)
}

// lower lets h have no more connections than are left when one was refused: one at
// least. spoken says that h said why.
func (h *hop) lower(spoken bool) {
	h.ceiling, h.answers = max(1, h.active), 0
	h.spoken = h.spoken || spoken
}

// down reports whether h failed and isn't to be tried again yet.
func (h *hop) down(now time.Time) bool { return h.failures > 0 && now.Before(h.retryAt) }

// promises reports whether h is worth waiting for: one that failed isn't, unless
// it is to be tried just now, nor one for which a client has waited in vain.
func (h *hop) promises(now time.Time) bool {
	if h.silent {
		return false
	}
	return h.failures == 0 || h.active == 0 && !h.down(now)
}

// ready reports whether a delivery to h may begin.
func (h *hop) ready(l *limits) bool {
	return h.lanes.first != nil && h.active < h.allowance(l) && (h.failures == 0 || !h.down(time.Now()))
}

// transfers yields all transfers that wait for h.
func (h *hop) transfers() iter.Seq[*transfer] {
	return func(yield func(*transfer) bool) {
		for _, list := range []chain[lane]{h.lanes, h.aside} {
			for l := list.first; l != nil; l = l.after {
				for tr := l.of.transfers.first; tr != nil; tr = tr.after {
					if !yield(tr.of) {
						return
					}
				}
			}
		}
	}
}
