package schedule

import (
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// phase is how far a message has come between its acceptance and its end.
type phase uint8

const (
	deliveringFirst phase = iota // a client waits for its reply, and nothing is on the Store
	storing                      // the message is being put on the Store
	stored                       // it is on the Store, and leased by this process
	gone                         // this process no longer works on it
)

// Message is a message in work. Init makes one ready for use.
type Message struct {
	queue.Message
	Owner any // belongs to the driver; the Scheduler doesn't use it

	phase  phase
	holder string // name under which the message is leased
	round  int    // last renewal that confirmed the lease

	transfers []*Transfer    // by recipient: the transfer that it waits in or is being sent in
	refusals  []*relay.Error // by recipient: how its last attempt failed

	hopFailed  bool // its next hop failed when it was tried
	rerouted   bool // an operator has chosen other next hops during an attempt
	headerOnly bool // it is a report, and a next hop can't take the whole original

	clientWaits bool // a client waits for the reply to this message
	awaited     int  // transfers that the client waits for

	saver      saver       // who is bringing the Store up to date
	changed    bool        // the Store doesn't know the newest state
	saveQueued bool        // it is in Scheduler.saves
	saveAt     time.Time   // when to repeat a save that has failed; zero: none has
	leaseLost  time.Time   // when this process gave up the name under which it is leased; zero: it didn't
	unstored   []*Notice   // events that the Readers get once the Store knows of them
	inSave     int         // of unstored: how many the save in progress covers
	reports    []*Message  // on the Store, to be sent once the Store knows that they were made
	dropping   []*Dropping // by recipient, if an operator dropped any during an attempt; nil: not dropped
	alarm      alarm[Message]

	// Memory for what nearly every message needs.
	oneTransfer   [1]*Transfer
	oneRefusal    [1]*relay.Error
	firstTransfer Transfer
}

// Init prepares m, whose Recipients are complete.
func (m *Message) Init(owner any) {
	m.Owner, m.alarm.value = owner, m
	if n := len(m.Recipients); n > 1 {
		m.transfers, m.refusals = make([]*Transfer, n), make([]*relay.Error, n)
		return
	}
	m.transfers, m.refusals = m.oneTransfer[:len(m.Recipients)], m.oneRefusal[:len(m.Recipients)]
}

// Refusal returns the reply for the client of a message that every next hop has refused.
func (m *Message) Refusal() error { return m.refusals[0] }

// any reports whether f holds for a recipient of m.
func (m *Message) any(f func(*queue.Recipient) bool) bool {
	for i := range m.Recipients {
		if f(&m.Recipients[i]) {
			return true
		}
	}
	return false
}

// allHave reports whether all recipients have a status.
func (m *Message) allHave(s queue.Status) bool {
	return !m.any(func(r *queue.Recipient) bool { return r.Status != s })
}

// idle reports whether no attempt is under way.
func (m *Message) idle() bool {
	return !slices.ContainsFunc(m.transfers, func(t *Transfer) bool { return t != nil && t.running })
}

// stale reports whether a transfer of m was routed by another policy than p.
func (m *Message) stale(p *connector.Policy) bool {
	return slices.ContainsFunc(m.transfers, func(t *Transfer) bool { return t != nil && t.policy != p })
}

// recipient returns the recipient i, with what is known of the next hop that it waits for.
func (m *Message) recipient(i int) queue.Recipient {
	r, t := m.Recipients[i], m.transfers[i]
	if r.Status != queue.Waiting || t == nil {
		return r
	}
	h := t.hop
	r.Hop = h.name
	if h.failures > 0 && h.lastReply.at.After(r.Tried) {
		h.lastReply.copyTo(&r)
		r.Tried = h.lastReply.at
	}
	if h.retryAt.After(r.Next) {
		r.Next = h.retryAt
	}
	return r
}

// Snapshot returns a copy of m, with what is known at now of the next hops that its recipients wait
// for.
func (m *Message) Snapshot(now time.Time) *queue.Message {
	c := m.Clone()
	for i := range c.Recipients {
		c.Recipients[i] = m.recipient(i)
		if r, t := &c.Recipients[i], m.transfers[i]; t != nil && !t.running {
			if at := t.hop.pace.next(now); at.After(now) && at.After(r.Next) {
				r.Next, r.Reply, r.Host, r.Advice = at, t.hop.pace.reason(now), "", ""
			}
		}
	}
	return c
}

// Wait is a message in the queue of a next hop.
type Wait struct {
	Hop, Connector string // Connector is "" if only the name of the next hop is known
	Deferred       bool   // its recipients there wait for a time of their own
}

// Waits returns the next hops that m waits for at now, each once; none if m isn't on the Store.
func (m *Message) Waits(now time.Time) (list []Wait) {
	if m.phase != stored {
		return nil
	}
	for i := range m.Recipients {
		r, t := &m.Recipients[i], m.transfers[i]
		if r.Status != queue.Waiting {
			continue
		}
		w := Wait{Hop: r.Hop, Deferred: t == nil && r.Next.After(now)}
		if t != nil {
			if w.Hop = t.hop.name; !t.hop.never {
				w.Connector = t.hop.next.Connector().Name()
			}
		}
		k := slices.IndexFunc(list, func(have Wait) bool { return have.Hop == w.Hop })
		if k < 0 {
			list = append(list, w)
			continue
		}
		list[k].Deferred = list[k].Deferred && w.Deferred
	}
	return list
}

// Transfer is a message and those of its recipients that go to one next hop in one transaction. It
// waits in a lane until an attempt starts.
type Transfer struct {
	Message *Message
	To      []int // recipients, in order

	// For the attempt.
	Next       delivery.NextHop
	HeaderOnly bool // send the header only of the original in a report

	hop    *hop
	policy *connector.Policy // by which it was routed

	lane *lane // where it waits, or waited before its attempt; nil: neither
	turn node[Transfer]

	awaited  bool // a client waits for it
	running  bool // an attempt is under way
	doubtful bool // the next hop wasn't proven when the attempt started
	period   int  // of the next hop when the attempt started
	among    int  // allowance of the next hop when the attempt started

	pace  *pace     // at whose accounts the attempt counts; nil: at none
	begun time.Time // when it was counted there

	started time.Time // the attempt under way, or the last one

	one [1]int
}

// HopName returns the name of the next hop, as operators see it.
func (t *Transfer) HopName() string { return t.hop.name }

// Paced reports whether the attempt counts for limits of smart hosts.
func (t *Transfer) Paced() bool { return t.pace != nil }

// newTransfer returns a transfer without recipients.
func (m *Message) newTransfer(h *hop, p *connector.Policy) *Transfer {
	t := &m.firstTransfer
	if t.Message != nil { // it is, or was, in use
		t = new(Transfer)
	}
	t.Message, t.hop, t.policy = m, h, p
	t.To = t.one[:0]
	return t
}
