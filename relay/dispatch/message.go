package dispatch

import (
	"crypto/rand"
	"encoding/base32"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// phase is where a message is between MAIL and its end.
type phase uint8

const (
	holding phase = iota // a client waits, and nothing is on the Store
	storing              // it is being put on the Store
	stored               // it is on the Store, and ours
	gone                 // it is nobody's any more
)

// message is a message in work. It is guarded by Dispatcher.mu, but for what
// of queue.Message never changes.
type message struct {
	queue.Message
	phase  phase
	holder string
	round  int   // of the last renewal by which it was ours
	body   *body // nil: it is on the Store only

	work []*transfer    // by recipient: the delivery that has it
	errs []*relay.Error // by recipient: how its last attempt failed

	unlucky bool // a next hop failed when it was tried
	short   bool // of a report: a next hop can't take the whole original, its header must do

	hold    *hold // of the client that waits
	awaited int   // transfers that it waits for

	saving    bool       // somebody brings the Store up to date
	dirty     bool       // and shall do it once more
	attending bool       // it is among the chores
	unsaved   time.Time  // when to save again what the Store didn't take; zero: it did
	lapsed    time.Time  // when the name was given up that it is held under; zero: it wasn't
	reports   []*message // that wait until the Store knows of them
	dropping  []drop     // by recipient, if an operator dropped any while attempts were under way
	event     event

	// Memory for what nearly every message needs.
	oneRecipient [1]queue.Recipient
	oneWork      [1]*transfer
	oneErr       [1]*relay.Error
	first        transfer
}

// newMessage returns the message of a transaction.
func newMessage(env *relay.Envelope, b *body) *message {
	m := &message{body: b, Message: queue.Message{Envelope: env.Envelope, Arrived: time.Now()}}
	if m.ID == "" {
		m.ID = newID()
	}
	m.Size = 0 // Store.Put sets it; what the client declared may be wrong
	if b != nil {
		m.Size = b.size
	}
	m.Recipients = m.oneRecipient[:0]
	for _, r := range env.To {
		m.Recipients = append(m.Recipients, queue.Recipient{Recipient: r})
	}
	m.track()
	return m
}

// known returns a message from the Store.
func known(q *queue.Message, holder string) *message {
	m := &message{Message: *q, phase: stored, holder: holder}
	m.track()
	return m
}

// track makes what goes with the recipients.
func (m *message) track() {
	m.event.message = m
	if n := len(m.Recipients); n > 1 {
		m.work, m.errs = make([]*transfer, n), make([]*relay.Error, n)
		return
	}
	m.work, m.errs = m.oneWork[:len(m.Recipients)], m.oneErr[:len(m.Recipients)]
}

// count returns how many recipients are in each state.
func (m *message) count() (n [queue.Dropped + 1]int) {
	for i := range m.Recipients {
		n[m.Recipients[i].Status]++
	}
	return n
}

// idle reports whether no attempt is under way.
func (m *message) idle() bool {
	for _, tr := range m.work {
		if tr != nil && tr.running {
			return false
		}
	}
	return true
}

// stale reports whether m waits where another policy than p has put it.
func (m *message) stale(p *connector.Policy) bool {
	for _, tr := range m.work {
		if tr != nil && tr.policy != p {
			return true
		}
	}
	return false
}

// idEncoding is that of the relay's own identifiers.
var idEncoding = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// newID returns an identifier for an envelope that has none.
func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (package crypto/rand)
	return idEncoding.EncodeToString(b[:])
}
