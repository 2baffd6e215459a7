package schedule

import (
	"maps"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/event"
)

// An event about a limit that mail waits for isn't repeated for the same key for toldFor, or until the window
// of the limit ends. maxTold keys are remembered; for others there is no event until some of them are over.
const (
	toldFor = time.Minute
	maxTold = 1024
)

// The limits that outgoing mail waits for.
const (
	maxOutbound  = "MaxOutboundConnections"
	maxPerDomain = "MaxPerDomainOutboundConnections"
	hostMost     = "SmartHostMaxConnections"
	hostMessages = "SmartHostMessageRateLimit"
	hostDay      = "SmartHostRecipientRateLimit"
)

// told says until when limits need no other event.
type told map[toldKey]time.Time

// toldKey is a limit, and what it counts for itself.
type toldKey struct {
	limit, hop, host, user string
	source                 netip.Addr
}

// isTold reports whether k needs no event now: there was one, or there are no Readers.
func (q *queues) isTold(k toldKey, now time.Time) bool { return q.emit == nil || now.Before(q.told[k]) }

// tell emits an event about k, which isTold has allowed.
func (q *queues) tell(k toldKey, e event.Event, now time.Time) {
	if len(q.told) >= maxTold {
		maps.DeleteFunc(q.told, func(_ toldKey, until time.Time) bool { return !now.Before(until) })
		if len(q.told) >= maxTold {
			return
		}
	}
	q.told[k] = now.Add(toldFor)
	if e.Until.After(q.told[k]) {
		q.told[k] = e.Until
	}
	e.Kind, e.Time, e.Limit, e.NextHop = event.LimitReached, now, k.limit, k.hop
	q.emit(e)
}

// tellTotal tells that next hops wait for their turn because the connections are in use, or all those for next
// hops that are not proven.
func (q *queues) tellTotal(now time.Time) {
	used, bound, rings := q.active, q.limits.total, []*list[hop]{&q.proven, &q.doubtful}
	if used < bound {
		used, bound, rings = q.doubted, q.limits.doubtful(), rings[1:]
	}
	k := toldKey{limit: maxOutbound}
	if used < bound || q.isTold(k, now) {
		return
	}
	for _, r := range rings {
		for n := r.first; n != nil; n = n.next {
			if n.value.ready(q.limits, now) {
				q.tell(k, event.Event{By: "server", Value: int64(used) + 1, Bound: int64(bound)}, now)
				return
			}
		}
	}
}

// tellHop tells that mail waits for h because h has all the connections that limits allow.
func (q *queues) tellHop(h *hop, now time.Time) {
	most := h.pace.mostConnections(q.limits.perHop)
	if h.active < most || h.never || h.suspended || h.lanes.first == nil || h.down(now) {
		return
	}
	k := toldKey{limit: maxPerDomain, hop: h.name}
	if most < q.limits.perHop {
		k.limit = hostMost
	}
	if !q.isTold(k, now) {
		q.tell(k, event.Event{By: "next hop", Key: h.name, Value: int64(h.active) + 1, Bound: int64(most)}, now)
	}
}

// tellShare tells that the source of l has its share of the connections: of all or, with a next hop, of those that it
// may have. own of all in use are its own.
func (q *queues) tellShare(l *lane, limit, hop string, own, all, bound int, now time.Time) {
	k := toldKey{limit: limit, hop: hop, source: l.source.addr}
	if !q.isTold(k, now) {
		free := bound - (all - own)
		q.tell(k, event.Event{By: "source", Key: network.SourceText(k.source), Value: int64(own) + 1, Bound: int64(free - free/4)}, now)
	}
}

// tellSource tells that l waits because its source has its share of all connections, or of those for reports.
func (q *queues) tellSource(l *lane, now time.Time) {
	if src := l.source; hasShare(src.active, q.active, q.limits.total) {
		q.tellShare(l, maxOutbound, "", src.active, q.returned, q.limits.reports(), now)
	} else {
		q.tellShare(l, maxOutbound, "", src.active, q.active, q.limits.total, now)
	}
}

// tellLane tells that l waits because its source has its share of the connections that its next hop may have.
func (q *queues) tellLane(l *lane, allowed int, now time.Time) {
	switch h := l.hop; {
	case allowed < h.pace.mostConnections(q.limits.perHop): // it isn't proven, or takes no more
	case allowed < q.limits.perHop:
		q.tellShare(l, hostMost, h.name, l.active, h.active, allowed, now)
	default:
		q.tellShare(l, maxPerDomain, h.name, l.active, h.active, allowed, now)
	}
}

// tellAccount tells that h waits for room at an account, which time makes at a time; zero: the end of an attempt.
func (q *queues) tellAccount(h *hop, a *account, at, now time.Time) {
	p := h.pace
	_, waits, day := p.wait(now)
	k := toldKey{limit: hostMost, host: a.host, user: a.user}
	e := event.Event{By: "account", Value: int64(a.active) + 1, Bound: int64(p.connections), Until: at}
	switch {
	case day:
		k.limit, e.Value, e.Bound = hostDay, int64(a.Recipients.Sum(now)+p.mostRecipients()), int64(p.recipients)
	case waits != nil:
		k.limit, e.Value, e.Bound = hostMessages, int64(a.Messages.Sum(now))+1, int64(p.messages)
	}
	if !q.isTold(k, now) {
		e.Key = strings.TrimSpace(a.host + " " + a.user)
		q.tell(k, e, now)
	}
}
