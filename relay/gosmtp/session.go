package gosmtp

import (
	"crypto/tls"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/envelope"
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

// NewSession implements smtp.Backend. It is called at EHLO.
func (b *Backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	w := b.connOf(c)
	if w.in == nil || w.isOver() {
		_ = w.Close() // refused in any case
		return nil, errOver
	}
	s := &session{backend: b, conn: w, client: c}
	s.channel = auth.Channel{Local: w.local, Remote: w.remote, NoCertificate: c.Server().TLSConfig == nil}
	if state, ok := c.TLSConnectionState(); ok {
		s.tls, s.channel.TLS, s.order.TLS = &state, true, true
		if w.settings.DomainSecureEnabled {
			s.channel.PeerNames = certificate.PeerNames(state, b.ClientCAs)
		}
	}
	s.rules = w.in.Open(s.channel, nil)
	if s.hello(); s.unfit != nil {
		return nil, s.unfit
	}
	next, err := b.Next.NewSession(c)
	if err != nil {
		return nil, s.failed("EHLO", err)
	}
	s.next = next
	if _, ok := next.(smtp.LMTPSession); ok {
		return &lmtpSession{s}, nil
	}
	return s, nil
}

// hello decides on the name that the client has given in EHLO.
func (s *session) hello() {
	s.helo, s.unfit = s.client.Hostname(), nil
	d := s.rules.Hello(s.helo)
	s.order.Greeted = d.Allowed()
	if d.Verdict == connector.Close {
		s.conn.finish()
	}
	if !d.Allowed() {
		s.unfit = s.refuse(d.Reply(), false)
	}
}

// Reset implements smtp.Session. go-smtp calls it at RSET, at EHLO and after a message.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	s.afterData(s.next.Reset)
	if s.client.Hostname() != s.helo {
		s.hello()
	}
}

// Logout implements smtp.Session.
func (s *session) Logout() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	s.afterData(func() { _ = s.next.Logout() }) // go-smtp ignores the error too
	return nil
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

// outOfOrder returns the refusal if the command can't be taken now, otherwise nil.
func (s *session) outOfOrder(v order.Verb) error {
	if s.conn.isOver() {
		return s.decide(s.conn.in.Decide(reply.TooManyErrors))
	}
	if s.unfit != nil {
		return s.unfit
	}
	if reason := s.order.Refuse(v); reason != 0 {
		return s.refuse(s.conn.in.Decide(reason).Reply(), false)
	}
	return nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.await()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.outOfOrder(order.Mail); err != nil {
		return err
	}
	if s.backend.stopping.Load() {
		s.conn.finish()
		return s.decide(s.conn.in.Decide(reply.ShuttingDown))
	}
	sender, reason := address(from, opts.UTF8, true)
	if reason != 0 {
		return s.decide(s.conn.in.Decide(reason))
	}
	if d := s.rules.Mail(connector.Mail{From: sender, Size: opts.Size}); !d.Allowed() {
		return s.decide(d)
	}
	if !s.conn.count.messages.Allow(s.conn.settings, s.conn.source, func() string { return s.rateUser(sender) }, time.Now()) {
		return s.decide(s.conn.in.Decide(reply.RateExceeded))
	}
	budget, ok := s.backend.transactions.Begin(s.conn.source)
	if !ok {
		return s.decide(s.conn.in.Decide(reply.InsufficientResources))
	}
	if err := s.next.Mail(sender.String(), opts); err != nil {
		budget.End()
		return s.failed("MAIL", err)
	}
	s.tx = &transaction{id: envelope.NewID(), from: sender, utf8: opts.UTF8, body: opts.Body, budget: budget}
	s.conn.setBusy(true)
	s.order.Transaction, s.order.Binary = true, opts.Body == smtp.BodyBinaryMIME
	return nil
}

// rateUser returns the user on whose account MessageRateLimit counts a message.
func (s *session) rateUser(from routing.Address) string {
	if !s.order.Authenticated {
		return from.String()
	}
	// The SID, because a name can be written in many ways.
	return string(s.rules.Identity().SIDs[0])
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, opts *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.outOfOrder(order.Rcpt); err != nil {
		return err
	}
	rcpt, reason := address(to, s.tx.utf8, false)
	if reason != 0 {
		return s.decide(s.conn.in.Decide(reason))
	}
	if d := s.rules.Rcpt(connector.Rcpt{To: rcpt, Accepted: s.order.Recipients}); !d.Allowed() {
		return s.decide(d)
	}
	name := rcpt.String()
	if !s.tx.budget.Recipient(len(name) + len(opts.OriginalRecipient)) {
		return s.decide(s.conn.in.Decide(reply.InsufficientResources))
	}
	if err := s.next.Rcpt(name, opts); err != nil {
		return s.failed("RCPT", err)
	}
	s.tx.accept(name, to)
	s.order.Recipients++
	return nil
}

// address reads an address as go-smtp gives it: without the quotes of the local part, so
// that the last @ precedes the domain.
func address(s string, utf8, nullOK bool) (routing.Address, reply.Reason) {
	if s == "" && nullOK {
		return routing.Address{}, 0
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return routing.Address{}, reply.InvalidAddress
	}
	local := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s[:at])
	a, err := routing.ParseAddress(`"` + local + `"` + s[at:])
	switch {
	case err != nil:
		return routing.Address{}, reply.InvalidAddress
	case !utf8 && !a.IsASCII():
		return routing.Address{}, reply.AddressNeedsUTF8
	}
	return a, 0
}

// SessionOf returns the policy's session of the client of c, for Next: who the client is,
// and what it may do. Next may call it in Mail, Rcpt and Data. For a c without a Backend it
// returns the zero Session, which refuses everything.
func SessionOf(c *smtp.Conn) connector.Session {
	switch s := c.Session().(type) {
	case *session:
		return s.rules
	case *lmtpSession:
		return s.rules
	}
	return connector.Session{}
}
