package gosmtp

import (
	"crypto/tls"
	"io"
	"runtime"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/routing"
)

// session is the smtp.Session of a client, and an smtp.AuthSession.
type session struct {
	backend *Backend
	conn    *conn
	client  *smtp.Conn
	channel auth.Channel
	tls     *tls.ConnectionState // nil: no TLS
	next    smtp.Session

	mu    sync.Mutex // BDAT has Data run beside the commands
	rules connector.Session
	order order.State
	helo  string
	unfit error // helo is refused, and with it everything but another EHLO
	tx    *transaction
	data  chan struct{}  // closed when Data has returned; nil: it isn't running
	pipe  *io.PipeReader // of the last message that came in chunks
	later []func()       // calls of next that wait for Data
}

// transaction is a mail transaction, from MAIL to its end.
type transaction struct {
	id         string
	from       routing.Address
	first      string // of the recipients
	recipients int
	raw        map[string][]string // by the name that Next has of a recipient, the names that go-smtp has
	utf8       bool
	body       smtp.BodyType
	budget     limits.Budget
	message    intake.Message
}

// accept notes a recipient, by the name that Next has of it and by go-smtp's.
func (tx *transaction) accept(name, raw string) {
	if tx.recipients++; tx.recipients == 1 {
		tx.first, tx.raw = name, make(map[string][]string)
	}
	tx.raw[name] = append(tx.raw[name], raw)
}

// rawName returns the name that go-smtp has of the recipient name, each of several once.
func (tx *transaction) rawName(name string) string {
	raw := tx.raw[name]
	if len(raw) == 0 {
		return name // go-smtp will complain
	}
	tx.raw[name] = raw[1:]
	return raw[0]
}

// afterData calls f when Data isn't running. The caller holds mu.
func (s *session) afterData(f func()) {
	if s.data != nil {
		s.later = append(s.later, f)
		return
	}
	f()
}

// drop ends the transaction, if one is open. The caller holds mu.
func (s *session) drop() {
	s.order.EndTransaction()
	if s.tx != nil {
		s.tx.budget.End()
		s.tx = nil
		s.conn.setBusy(false)
	}
}

// await waits until Data has returned and go-smtp has its result: what go-smtp has broken
// off may take a moment, and it would take the result for that of the next message.
func (s *session) await() {
	s.mu.Lock()
	running, pipe := s.data, s.pipe
	s.pipe = nil
	s.mu.Unlock()
	if running != nil {
		<-running
	}
	if pipe == nil {
		return
	}
	// After the result go-smtp closes the pipe for reading too.
	for _, err := pipe.Read(nil); err != io.ErrClosedPipe; _, err = pipe.Read(nil) {
		runtime.Gosched()
	}
}
