package dispatch

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
)

// Unreachable is the Name of the Queue of recipients that no Send connector takes.
const Unreachable = schedule.Unreachable

// Queue is a next hop and its messages, as operators see it.
type Queue struct {
	Name         string // as in queue.Recipient.Hop, or Unreachable
	Connector    string // the Send connector; "": of Unreachable, or not known any more
	DeliveryType string // as of an Exchange queue: see delivery.NextHop.DeliveryType
	Destination  string // the domain, smart hosts or server: see delivery.NextHop.Destination

	// Suspended: an operator has stopped all attempts by SuspendHop, at this time and under this user's
	// name, if these are known.
	Suspended      bool
	SuspendedSince time.Time
	SuspendedBy    string

	Waiting int // transactions that wait for a connection: messages, without those of Active
	Active  int // attempts under way

	// Messages is how many messages on the Store wait for the next hop or are being sent to it, also those
	// that wait for a time of their own (Deferred), and those that an operator has suspended (Held).
	Messages, Deferred, Held int

	Oldest time.Time // when the first of these Messages arrived; zero: there are no Messages

	// Failures is how often the next hop has failed since it last answered. If it has, it is tried
	// again at Retry; Reply is the reply of Host at Tried, and Advice what an administrator can do
	// about it, if that is known. Without a Host, Reply comes from this server and says why the next hop
	// can't be reached.
	Failures     int
	Retry, Tried time.Time
	Reply, Host  string
	Advice       string

	// Paced is when SmartHostMessageRateLimit and SmartHostRecipientRateLimit of the connector let the
	// next message go; zero: they don't keep it waiting.
	Paced time.Time

	// Incoming and Outgoing are how many messages a second came and were accepted by the next hop,
	// averaged over the last minutes.
	Incoming, Outgoing float64
}

// Queues returns a Queue for each next hop that has messages, that failed a short while ago, or that is
// suspended, in the order of their names. It looks at every message; other work goes on meanwhile.
func (d *Dispatcher) Queues() []Queue {
	d.init()
	all := make(map[string]*Queue)
	var messages []*schedule.Message
	d.event(func(now time.Time) {
		for h := range d.sched.Hops(now) {
			all[h.Name] = queueOf(&h)
		}
		messages = d.sched.Messages()
	})
	for some := range slices.Chunk(messages, batch) {
		d.event(func(now time.Time) {
			for _, m := range some {
				countIn(all, m.Waits(now), m)
			}
		})
	}
	d.markSuspended(all)
	list := make([]Queue, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[name])
	}
	return list
}

// queueOf returns the Queue of a next hop, without its messages.
func queueOf(h *schedule.State) *Queue {
	return &Queue{Name: h.Name, Connector: h.Connector, DeliveryType: h.DeliveryType, Destination: h.Destination, Suspended: h.Suspended,
		Waiting: h.Waiting, Active: h.Active, Failures: h.Failures, Retry: h.Retry, Tried: h.Tried, Reply: h.Reply, Host: h.Host,
		Advice: h.Advice, Paced: h.Paced, Incoming: h.Incoming, Outgoing: h.Outgoing}
}

// countIn adds m to the queues where it waits.
func countIn(all map[string]*Queue, waits []schedule.Wait, m *schedule.Message) {
	for _, w := range waits {
		q := all[w.Hop]
		if q == nil {
			q = &Queue{Name: w.Hop, Connector: w.Connector}
			all[w.Hop] = q
		}
		q.Messages++
		switch {
		case m.Suspended:
			q.Held++
		case w.Deferred:
			q.Deferred++
		}
		if q.Oldest.IsZero() || m.Arrived.Before(q.Oldest) {
			q.Oldest = m.Arrived
		}
	}
}

// markSuspended marks the suspended queues, and adds those that have no messages.
func (d *Dispatcher) markSuspended(all map[string]*Queue) {
	d.suspending.Lock()
	defer d.suspending.Unlock()
	for _, s := range d.suspendedHops {
		found := false
		for _, q := range all {
			if strings.EqualFold(q.Name, s.Name) || strings.EqualFold(q.Connector, s.Name) {
				found = true
				q.Suspended, q.SuspendedSince, q.SuspendedBy = true, s.Since, s.By
			}
		}
		if !found {
			all[s.Name] = &Queue{Name: s.Name, Suspended: true, SuspendedSince: s.Since, SuspendedBy: s.By}
		}
	}
}
