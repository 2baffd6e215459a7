package schedule

import (
	"iter"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Unreachable is the name of the queue of recipients that no Send connector takes, as in Exchange.
const Unreachable = "Unreachable"

// hop is a next hop: the transfers that wait for it, and its health.
type hop struct {
	policy *connector.Policy // of next
	next   delivery.NextHop
	name   string
	lanes  list[lane] // with waiting transfers, in the order of their turns
	aside  list[lane] // whose sources may have no more connections now
	own    lane       // memory for one of them

	suspended bool // an operator has stopped all attempts

	never   bool // no attempt is ever made: it stands for recipients without a next hop
	waiting int  // transfers in all lanes
	awaited int  // transfers that clients wait for
	active  int  // attempts under way

	proven        bool // it has answered since it last failed
	extra         int  // connections beyond the first while it isn't proven
	ceiling       int  // connections that it seems to take at once; 0: any number
	ceilingStated bool // its replies have set the ceiling, which outlives a failure
	answers       int  // since ceiling changed
	failures      int  // since it last answered
	slow          bool // a client waited for it until its time was up, and it hasn't answered since
	period        int  // counts failures: attempts of an earlier period say nothing new
	retryAt       time.Time
	lastReply     lastReply

	pace   *pace     // of policy
	served uint64    // a number that is the higher the later an attempt began, among hops with a pace; 0: it isn't known
	room   node[hop] // in account.waiting, while only the limits for smart hosts keep it from its turn

	incoming, outgoing rate // of messages

	turn   node[hop] // in queues.proven or queues.doubtful
	alarm  alarm[hop]
	usedAt time.Time // when a transfer last needed it
}

// lastReply is how a next hop failed: what was said, by which host, and when.
type lastReply struct {
	at         time.Time
	text, host string
	advice     string
	addr       string
	tls        uint16
	cipher     uint16
}

// copyTo makes l what r's last attempt found.
func (l *lastReply) copyTo(r *queue.Recipient) {
	r.Reply, r.Host, r.Advice, r.Addr, r.TLS, r.Cipher = l.text, l.host, l.advice, l.addr, l.tls, l.cipher
}

// update makes h the next hop of another policy. If its hosts differ, nothing is known of them: neither
// that they failed nor that they work.
func (h *hop) update(next delivery.NextHop, p *connector.Policy, limits *pace) {
	name := next.String()
	if h.name != name && h.name != "" {
		h.proven, h.extra, h.ceiling, h.answers, h.ceilingStated = false, 0, 0, 0, false
		h.failures, h.retryAt, h.lastReply = 0, time.Time{}, lastReply{}
		h.period++ // attempts under way are at the old hosts
	}
	h.policy, h.next, h.name, h.pace = p, next, name, limits
	h.room.remove()
}

// allowance returns how many connections h may have. A next hop that failed, or has not answered yet,
// gets one: if it is dead, it costs no more.
func (h *hop) allowance(l *limits) int {
	most := h.pace.mostConnections(l.perHop)
	switch {
	case h.proven && h.ceiling > 0:
		return min(h.ceiling, most)
	case h.proven:
		return most
	}
	return min(1+h.extra, most)
}

// lower sets the ceiling to the connections that are still open after h refused one, but to one at
// least. stated says that h gave this as the reason.
func (h *hop) lower(stated bool) {
	h.ceiling, h.answers = max(1, h.active), 0
	h.ceilingStated = h.ceilingStated || stated
}

// down reports whether h failed and isn't to be tried again yet.
func (h *hop) down(now time.Time) bool { return h.failures > 0 && now.Before(h.retryAt) }

// worthWaiting reports whether a client should wait for h: it hasn't failed, or is about to be tried
// again, its connector's limits leave room, and it has not kept a client waiting in vain.
func (h *hop) worthWaiting(now time.Time) bool {
	if h.slow || h.suspended || h.pace.next(now).After(now) {
		return false
	}
	return h.failures == 0 || h.active == 0 && !h.down(now)
}

// ready reports whether an attempt at h may start, as far as the limits for smart hosts permit.
func (h *hop) ready(l *limits, now time.Time) bool {
	return !h.never && !h.suspended && h.lanes.first != nil && h.active < h.allowance(l) && !h.down(now)
}

// transfers yields all transfers that wait for h.
func (h *hop) transfers() iter.Seq[*Transfer] {
	return func(yield func(*Transfer) bool) {
		for _, lanes := range []list[lane]{h.lanes, h.aside} {
			for l := lanes.first; l != nil; l = l.next {
				for t := l.value.transfers.first; t != nil; t = t.next {
					if !yield(t.value) {
						return
					}
				}
			}
		}
	}
}

// lane holds the transfers from one source to one next hop. The lanes of a next hop take turns, so that
// a source with much mail doesn't keep the others waiting, and no lane gets all connections to it.
type lane struct {
	laneKey
	transfers list[Transfer] // waiting, in order
	active    int            // attempts under way

	turn      node[lane] // in hop.lanes, or in hop.aside if waitsFor is set
	waitsFor  *shortfall // nil: the lane isn't set aside
	shortfall node[lane] // in waitsFor
}

// laneKey identifies a lane.
type laneKey struct {
	hop    *hop
	source *source
}

// source is a client whose mail waits or is being sent, or the reports on its mail. Each source has a
// share of the connections, so that a client that sends mail to slow next hops doesn't soon occupy them
// all.
type source struct {
	sourceKey
	active     int // attempts under way
	doubted    int // of them, at next hops that are not proven
	lanes      int
	shortfalls [resources]shortfall
}

// sourceKey identifies a source.
type sourceKey struct {
	addr   netip.Addr // by network.Source
	report bool
}

// resource is a limit that is divided among sources.
type resource int

const (
	connections        resource = iota // all connections
	doubtedConnections                 // those to next hops that are not proven
	resources
)

// shortfall holds the lanes of a source that wait until it may have more of one resource.
type shortfall struct {
	source *source
	lanes  list[lane]
	turn   node[shortfall] // in queues.short
}

// leaveShortfall ends the wait of a lane that was set aside.
func (l *lane) leaveShortfall() {
	if l.waitsFor == nil {
		return
	}
	l.shortfall.remove()
	if l.waitsFor.lanes.first == nil {
		l.waitsFor.turn.remove()
	}
	l.waitsFor = nil
}

// requeue gives l a turn again, behind the other lanes of its next hop.
func (l *lane) requeue() {
	l.leaveShortfall()
	l.turn.remove()
	l.hop.lanes.push(l, &l.turn)
}

// remove takes t out of the lane where it waits. It still counts for the lane.
func (l *lane) remove(t *Transfer) {
	t.turn.remove()
	l.hop.waiting--
	if l.transfers.first == nil {
		l.leaveShortfall()
		l.turn.remove()
	}
}

// readmit gives all lanes of h a turn, now that it is proven.
func readmit(h *hop) {
	for h.aside.first != nil {
		h.aside.first.value.requeue()
	}
}
