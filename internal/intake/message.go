package intake

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Message is one message on its way in, for use by one goroutine at a time. The zero
// Message is ready for Open.
type Message struct {
	in        limitReader
	out       bodyReader
	header    *mailheader.Header
	facts     Facts
	decision  connector.Decision
	about     connector.Message // of which it is
	author    routing.Address   // replaces the From field; zero: it stays
	messageID string
	field     [384]byte // the Received field
}

// Refusal is the error of a message that is refused.
type Refusal struct{ Decision connector.Decision }

// Error returns the reason.
func (r *Refusal) Error() string { return "message refused: " + r.Decision.Reason.String() }

// Broken is the error of a message of which the client didn't send the end.
type Broken struct{ Err error }

// Error returns Err's text.
func (b *Broken) Error() string { return b.Err.Error() }

// Unwrap returns Err.
func (b *Broken) Unwrap() error { return b.Err }

// ErrUnread is a mistake of a handler: only at its end is a message known to be whole.
var ErrUnread = errors.New("the handler returned nil without reading the message to its end")

// Open reads the header from r and makes the message ready to be read from Body. The
// error is a *Refusal or a *Broken.
func (m *Message) Open(r io.Reader, f Facts) error {
	m.facts = f
	m.in = limitReader{r: r, limit: f.Session.MaxSize(), budget: f.Budget}
	header, err := mailheader.Read(&m.in, m.maxHeader())
	if err == nil && completes(f.Session.Tracing(nil), header) {
		// A header behind empty lines shows only then what it is.
		err = header.Repair(m.maxHeader())
	}
	m.in.budget = nil // what follows is passed on, not kept
	if err != nil {
		return m.stopped(err)
	}
	if d := m.judge(header); !d.Allowed() {
		return &Refusal{d}
	}
	first := completes(f.Session, header)
	if !first {
		m.messageID = messageIDOf(header) // the firewall may remove the field
	}
	if m.author.IsValid() {
		header.ReplaceFrom(m.author)
	}
	firewall := f.Session.Headers()
	header.Filter(firewall.Keep)
	header.FilterResults(firewall.KeepResults, firewall.Services())
	if first {
		m.messageID = visibleID(header.Complete(f.ID, f.Session.Inbound().Fqdn(), f.From, m.field[:0]))
	}
	header.Prepend(m.received())
	m.header = header
	m.out = bodyReader{r: header.Message()}
	return nil
}

// Body returns the message as it goes on, header first.
func (m *Message) Body() io.Reader { return &m.out }

// End returns the result of a message that was opened: err, the handler's error, or an
// error that counts more. It is a *Refusal if the message exceeded a limit, a *Broken if
// the client didn't send its end, and ErrUnread if the handler accepted without having
// read it all. The handler must have returned; it may not use the Body afterwards.
func (m *Message) End(err error) error {
	if m.out.err == io.EOF {
		// From here on out reads nothing, even if a goroutine of the handler still
		// holds it. In the middle of a message that isn't certain.
		m.header.Release()
	}
	switch {
	case m.out.err != nil && m.out.err != io.EOF:
		return m.stopped(m.out.err)
	case err == nil && (m.out.err == nil || m.out.holes):
		return ErrUnread
	}
	return err
}

// Header returns the header as it goes on. Call it before End.
func (m *Message) Header() []byte { return m.header.Bytes(nil) }

// Size returns how many bytes of the message were read.
func (m *Message) Size() int64 { return m.in.n }

// Arrived returns when the client had sent the whole message; zero if it hasn't.
func (m *Message) Arrived() time.Time { return m.in.ended }

// MessageID returns the Message-ID if it can be shown in a reply, or "".
func (m *Message) MessageID() string { return m.messageID }

// Subject returns the decoded subject, cut; "" without one. Call it before End.
func (m *Message) Subject() string { return m.header.Subject() }

// NetworkID returns the network id that another server of the organisation gave the message; "" if the
// session may not say so, or the message has no valid one. Call it before End.
func (m *Message) NetworkID() string {
	if id := m.header.Value(networkID); envelope.ValidNetworkID(id) {
		return strings.ToLower(id)
	}
	return ""
}

// Accepted returns the reply to an accepted message: the client's own Message-ID, if that can
// be shown, and the ID that this server gave it.
func (m *Message) Accepted() reply.Reply {
	r := reply.Queued(m.facts.ID, m.facts.Session.Inbound().Fqdn())
	if m.messageID != "" {
		r.Text = m.messageID + " " + r.Text
	}
	return r
}

// Decision returns the latest decision of the policy on the message; zero if it wasn't
// asked.
func (m *Message) Decision() connector.Decision { return m.decision }

// About returns the numbers of the message on which Decision is.
func (m *Message) About() connector.Message { return m.about }

// maxHeader returns how many bytes a header may have; 0: no limit.
func (m *Message) maxHeader() int64 {
	return int64(max(m.facts.Session.Inbound().Settings().MaxHeaderSize, 0))
}

// judge decides on the message by its header. The size is not known yet; limitReader
// enforces its limit.
func (m *Message) judge(h *mailheader.Header) connector.Decision {
	d := m.ask(connector.Message{
		HeaderSize: h.Size(),
		Hops:       h.Hops(),
		LocalHops:  h.LocalHops(m.facts.Session.Inbound().Fqdn()),
	})
	if !d.Allowed() || !m.facts.Session.ChecksAuthors() {
		return d
	}
	authors, err := h.Authors()
	if a := m.facts.Session.Authors(authors, err == nil); !a.Allowed() {
		m.decision = a
		return a
	}
	m.author = m.facts.Session.FromOf(authors, err == nil)
	return d
}

// ask asks the policy about a message: by its header, and once more if the message turns
// out too large. The trace has the steps of the last answer.
func (m *Message) ask(about connector.Message) connector.Decision {
	if m.facts.Trace != nil {
		*m.facts.Trace = connector.Trace{}
	}
	m.decision, m.about = m.facts.Session.Message(about), about
	return m.decision
}

// stopped returns the error for a message that could not be read to its end.
func (m *Message) stopped(err error) error {
	switch {
	case errors.Is(err, mailheader.ErrTooLarge):
		return &Refusal{m.ask(connector.Message{HeaderSize: m.maxHeader() + 1})}
	case errors.Is(err, errTooLarge):
		return &Refusal{m.ask(connector.Message{Size: m.in.limit + 1})}
	case errors.Is(err, limits.ErrNoMemory):
		return &Refusal{m.facts.Session.Inbound().Decide(reply.InsufficientResources)}
	}
	return &Broken{err}
}

// received returns the Received field of this server.
func (m *Message) received() []byte {
	f := &m.facts
	r := mailheader.Received{
		Helo:   f.Helo,
		Remote: f.Remote.Addr(),
		By:     f.Session.Inbound().Fqdn(),
		Local:  f.Local,
		ESMTP:  f.ESMTP,
		TLS:    f.TLS != nil,
		Auth:   f.Auth,
		UTF8:   f.UTF8,
		ID:     f.ID,
		For:    f.For,
		Time:   time.Now(),
	}
	if f.TLS != nil {
		r.Cipher = tls.VersionName(f.TLS.Version) + " " + tls.CipherSuiteName(f.TLS.CipherSuite)
	}
	return r.Append(m.field[:0])
}

// completes reports whether this server completes h: by the rules it is the first
// relay of the message, and the header isn't settled.
func completes(rules connector.Session, h *mailheader.Header) bool {
	return rules.CompletesHeader(h.Relays()) && !h.Settled()
}
