package schedule

import (
	"time"

	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/event"
)

// queues holds all transfers that wait, and counts those that are being sent.
type queues struct {
	limits *limits

	// Next hops with work, each once. Those that are not proven never get all connections, however many
	// they are.
	proven, doubtful list[hop]
	provenTurn       bool // the last turn was one of the proven

	sources map[sourceKey]*source
	spare   []*source // memory for other ones
	lanes   map[laneKey]*lane

	// Sources with lanes that are set aside, in the order of their turns: by the resource that is
	// short, those of reports apart.
	short [2 * resources]list[shortfall]

	served uint64          // the last hop.served
	room   alarms[account] // when accounts have room again

	emit func(event.Event) // passes an event to the Readers; nil: there is no Reader
	told told

	active   int // attempts under way
	doubted  int // of them, at next hops that are not proven
	returned int // of them, with reports
}

// maxSpare bounds the memory that is kept for sources.
const maxSpare = 64

// sourceOf returns the source of m.
func (q *queues) sourceOf(m *Message) *source {
	key := sourceKey{network.Source(m.Remote.Addr()), m.Report}
	src := q.sources[key]
	if src == nil {
		if last := len(q.spare) - 1; last >= 0 {
			src, q.spare = q.spare[last], q.spare[:last]
		} else {
			src = new(source)
		}
		src.sourceKey = key
		q.sources[key] = src
	}
	return src
}

// add puts t behind everything else that its source has for its next hop.
func (q *queues) add(t *Transfer) {
	key := laneKey{t.hop, q.sourceOf(t.Message)}
	l := q.lanes[key]
	if l == nil {
		if l = &key.hop.own; l.hop != nil { // it is in use
			l = new(lane)
		}
		l.laneKey = key
		q.lanes[key] = l
		l.source.lanes++
	}
	if l.transfers.first == nil {
		l.hop.lanes.push(l, &l.turn)
	}
	l.transfers.push(t, &t.turn)
	t.lane = l
	l.hop.waiting++
}

// remove takes t out of the lane where it waits.
func (q *queues) remove(t *Transfer) {
	l := t.lane
	l.remove(t)
	t.lane = nil
	q.dispose(l)
}

// begin counts the attempt with t, which waits.
func (q *queues) begin(t *Transfer, now time.Time) {
	h := t.hop
	t.doubtful = !h.proven
	q.count(t, 1)
	t.lane.remove(t)
	t.running, t.Next, t.period, t.among = true, h.next, h.period, h.allowance(q.limits)
	q.enter(t, now)
}

// end uncounts the attempt with t.
func (q *queues) end(t *Transfer, now time.Time) {
	l := t.lane
	q.count(t, -1)
	q.leave(t, now)
	t.lane, t.running = nil, false
	q.dispose(l)
	t.hop.usedAt = now
}

// count adds n to all counts of attempts that t belongs to.
func (q *queues) count(t *Transfer, n int) {
	l, src := t.lane, t.lane.source
	q.active += n
	src.active += n
	l.active += n
	l.hop.active += n
	if src.report {
		q.returned += n
	}
	if t.doubtful {
		q.doubted += n
		src.doubted += n
	}
}

// dispose forgets l, and its source, if they have no transfers left.
func (q *queues) dispose(l *lane) {
	if l.transfers.first != nil || l.active > 0 {
		return
	}
	src := l.source
	delete(q.lanes, l.laneKey)
	*l = lane{} // it may be the next hop's own
	if src.lanes--; src.lanes > 0 || src.active > 0 {
		return
	}
	delete(q.sources, src.sourceKey)
	*src = source{}
	if len(q.spare) < maxSpare {
		q.spare = append(q.spare, src)
	}
}
