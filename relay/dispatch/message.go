package dispatch

import (
	"bytes"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// message is a message in work: what the Scheduler knows of it, its body and its client.
type message struct {
	schedule.Message
	body   *content.Buffer // nil: it is on the Store only
	client *client         // that waits for the reply; nil: none
	outbox outbox

	accepted *event.Event // to be emitted for each recipient once the message is queued; nil: a Server emits it

	oneRecipient [1]queue.Recipient // memory for what most messages need
}

// outbox holds the events of a message, or of all next hops, which the Readers get in order. d.mu guards
// it.
type outbox struct {
	events  schedule.Events
	passing bool    // a goroutine passes them on, or will
	next    *outbox // that the same goroutine passes on
}

// client is a client that waits for the reply to its message.
type client struct {
	timer *time.Timer
	done  chan struct{} // gets a value when nothing is awaited any more
}

// newClient returns a *client whose timer doesn't run.
func newClient() any {
	c := &client{timer: time.NewTimer(time.Hour), done: make(chan struct{}, 1)}
	c.timer.Stop()
	return c
}

// release ends the wait of c.
func (c *client) release() {
	select {
	case c.done <- struct{}{}:
	default:
	}
}

// reset makes c ready for another client.
func (c *client) reset() {
	c.timer.Stop()
	select {
	case <-c.done:
	default:
	}
}

// messageOf returns the message that m is part of.
func messageOf(m *schedule.Message) *message { return m.Owner.(*message) }

// newMessage returns the message of a transaction that begins.
func newMessage(env *relay.Envelope) *message {
	m := new(message)
	m.Envelope = env.Envelope
	if m.ID == "" {
		m.ID = envelope.NewID()
	}
	if m.NetworkID == "" {
		m.NetworkID = envelope.NewNetworkID()
	}
	m.Recipients = m.oneRecipient[:0]
	return m
}

// arrive completes m, whose recipients are known, with its body.
func (m *message) arrive(b *content.Buffer) {
	m.body, m.Arrived = b, time.Now()
	m.Size = 0 // Store.Put sets it; what the client declared may be wrong
	if b != nil {
		m.Size = b.Size()
	}
	m.Init(m)
}

// fromStore returns a message that is on the Store.
func fromStore(q *queue.Message) *message {
	m := new(message)
	m.Message.Message = *q
	m.Init(m)
	return m
}

// unload gives up m's body in memory.
func (m *message) unload() {
	m.body.Release()
	m.body = nil
}

// outgoing holds the values and memory of an attempt. A message that waits does without.
type outgoing struct {
	transfer *schedule.Transfer
	env      envelope.Envelope
	to       []envelope.Recipient
	one      [1]envelope.Recipient // memory for to
	mem      bytes.Reader
	body     watched
	source   watchedSource // body, if it can be read again
	result   schedule.Result
}

// fill makes out what the attempt with t needs. The Dispatcher's mu is held.
func (out *outgoing) fill(t *schedule.Transfer) {
	out.transfer, out.env, out.to = t, t.Message.Envelope, out.one[:0]
	for _, i := range t.To {
		out.to = append(out.to, t.Message.Recipients[i].Recipient)
	}
}

// shorten returns a report with the header only of the original. It is in memory, because the next hop
// needs its size first.
func (out *outgoing) shorten(report io.Reader) (io.Reader, error) {
	r, err := dsn.HeaderOnly(report)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	out.env.Size = int64(len(text))
	if !out.env.UTF8 {
		out.env.Body = envelope.SevenBit
	}
	out.mem.Reset(text)
	return &out.mem, err
}
