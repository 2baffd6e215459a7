package relay

import (
	"crypto/tls"
	"errors"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// errUnread is a mistake of a Handler: only at its end is a message known to be
// whole.
var errUnread = errors.New("the handler returned nil without reading the message to its end")

// Data implements smtpserver.Handler.
func (s *session) Data(body io.Reader) reply.Reply {
	tx := s.tx
	if tx == nil || len(tx.env.To) == 0 {
		return s.endpoint.in.Decide(reply.NoRecipients).Reply()
	}
	tx.in = limitReader{r: body, limit: s.rules.MaxSize(), budget: &tx.memory}
	in := &tx.in
	header, err := mailheader.Read(in, int64(max(s.endpoint.settings.MaxHeaderSize, 0)))
	if err == nil {
		err = s.repair(header)
	}
	in.budget = nil // what follows is passed on, not kept
	if err != nil {
		return s.abortMessage(tx, in, err)
	}
	d := s.judge(header)
	if !d.Allowed() {
		return s.refuseMessage(tx, in, d)
	}
	first, messageID := completes(s.rules, header), ""
	if !first {
		messageID = messageIDOf(header) // the firewall may remove the field
	}
	header.Filter(s.rules.Headers().Keep)
	if first {
		messageID = s.complete(tx, header)
	}
	header.Prepend(s.received(tx))
	tx.out = messageReader{r: header.Message()}
	out := &tx.out
	err = s.server.Handler.Deliver(tx.ctx, &tx.env, out)
	if out.err == io.EOF {
		// From here on out reads nothing, even if a goroutine of the Handler still
		// holds it. In the middle of a message that isn't certain.
		header.Release()
	}
	switch {
	case out.err != nil && out.err != io.EOF:
		return s.abortMessage(tx, in, out.err)
	case err == nil && (out.err == nil || out.holes):
		err = errUnread
	}
	if err != nil {
		return s.messageFailed(tx, in, err)
	}
	return s.acceptMessage(tx, in, messageID)
}

// judge decides on the message by its header. The size is not known yet; limitReader
// enforces its limit.
func (s *session) judge(h *mailheader.Header) connector.Decision {
	d := s.end(connector.Message{
		HeaderSize: h.Size(),
		Hops:       h.Hops(),
		LocalHops:  h.LocalHops(s.endpoint.in.Fqdn()),
	})
	if !d.Allowed() || !s.rules.ChecksAuthors() {
		return d
	}
	authors, err := h.Authors()
	if a := s.rules.Authors(authors, err == nil); !a.Allowed() {
		return s.decide(a)
	}
	return d
}

// end asks the policy about a message: by its header, and once more if the message
// turns out too large. The record has the last answer.
func (s *session) end(e connector.Message) connector.Decision {
	if s.trace != nil {
		*s.trace = connector.Trace{}
	}
	return s.decide(s.rules.Message(e))
}

// abortMessage replies to a message that could not be read to its end.
func (s *session) abortMessage(tx *transaction, in *limitReader, err error) reply.Reply {
	switch {
	case errors.Is(err, mailheader.ErrTooLarge):
		d := s.end(connector.Message{HeaderSize: int64(s.endpoint.settings.MaxHeaderSize) + 1})
		return s.refuseMessage(tx, in, d)
	case errors.Is(err, errTooLarge):
		d := s.end(connector.Message{Size: in.limit + 1})
		return s.refuseMessage(tx, in, d)
	case errors.Is(err, errNoMemory):
		return s.refuseMessage(tx, in, s.endpoint.in.Decide(reply.InsufficientResources))
	}
	// The client broke it off, and won't see the reply.
	r := s.endpoint.in.Decide(reply.TemporaryError).Reply()
	s.logMessage(tx, in, outcome{event: "message aborted", reply: r, err: err})
	return r
}

// received returns the Received field of this server.
func (s *session) received(tx *transaction) []byte {
	r := mailheader.Received{
		Helo:   s.helo,
		Remote: s.channel.Remote.Addr(),
		By:     s.endpoint.in.Fqdn(),
		Local:  s.channel.Local.Addr(),
		ESMTP:  s.esmtp,
		TLS:    s.channel.TLS,
		Auth:   s.authenticated,
		UTF8:   tx.env.UTF8,
		ID:     tx.env.ID,
		Time:   time.Now(),
	}
	if s.channel.TLS {
		r.Cipher = tls.VersionName(s.tls.Version) + " " + tls.CipherSuiteName(s.tls.CipherSuite)
	}
	if len(tx.env.To) == 1 { // with several, each would learn of the others
		r.For = tx.env.To[0].To.String()
	}
	return r.Append(tx.field[:0])
}

// messageIDOf returns the Message-ID of h if it can be shown in a reply, or "".
func messageIDOf(h *mailheader.Header) string {
	for f := range h.Fields() {
		if !equalFold(f.Name, "Message-ID") {
			continue
		}
		value := string(f.Raw[min(len(f.Name)+1, len(f.Raw)):])
		return visibleID(value)
	}
	return ""
}
