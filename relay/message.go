package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// errUnread is a Handler's mistake: whoever has not seen the end of a message
// can't know that there is one.
var errUnread = errors.New("relay: the handler returned nil without reading the message to its end")

// Data implements smtpserver.Handler.
func (s *session) Data(_ context.Context, body io.Reader) reply.Reply {
	tx := s.tx
	if tx == nil || len(tx.env.To) == 0 {
		return s.service.in.Decide(reply.NoRecipients).Reply()
	}
	tx.in = limitReader{r: body, limit: s.rules.MaxSize(), keeps: tx}
	in := &tx.in
	header, err := mailheader.Read(in, int64(max(s.service.settings.MaxHeaderSize, 0)))
	completes := false
	if err == nil {
		completes, err = s.repair(header)
	}
	in.keeps = nil // the rest is passed on
	if err != nil {
		return s.broken(tx, in, err)
	}
	d := s.judge(header)
	if !d.Allowed() {
		return s.refuseMessage(tx, in, d)
	}
	messageID := messageIDOf(header)
	header.Filter(s.rules.Headers().Keep)
	if completes {
		messageID = s.complete(tx, header)
	}
	header.Prepend(s.received(tx).Append(tx.field[:0]))
	tx.out = messageReader{r: header.Message()}
	out := &tx.out
	err = s.server.Handler.Deliver(tx.ctx, &tx.env, out)
	if out.err == io.EOF {
		// From here on out reads nothing, whoever may still hold it. Of a
		// message in the middle that can't be said.
		header.Release()
	}
	switch {
	case out.err != nil && out.err != io.EOF:
		return s.broken(tx, in, out.err)
	case err == nil && (out.err == nil || out.holes):
		err = errUnread
	}
	if err != nil {
		return s.failedMessage(tx, in, err)
	}
	return s.took(tx, in, messageID)
}

// judge decides on the message by its header. The size is not known yet; the
// reader enforces it.
func (s *session) judge(h *mailheader.Header) connector.Decision {
	d := s.end(connector.End{
		HeaderSize: h.Size(),
		Hops:       h.Hops(),
		LocalHops:  h.LocalHops(s.service.in.Fqdn()),
	})
	if !d.Allowed() || !s.rules.ChecksAuthors() {
		return d
	}
	authors, err := h.Authors()
	if s.recorder != nil {
		s.recorder.authors(authors, err == nil)
	}
	if a := s.rules.Authors(authors, err == nil); !a.Allowed() {
		return a
	}
	return d
}

// end asks the policy about a message.
func (s *session) end(e connector.End) connector.Decision {
	if s.recorder != nil {
		s.recorder.end(e)
	}
	return s.rules.End(e)
}

// broken answers a message that could not be read to its end.
func (s *session) broken(tx *transaction, in *limitReader, err error) reply.Reply {
	switch {
	case errors.Is(err, mailheader.ErrTooLarge):
		d := s.end(connector.End{HeaderSize: int64(s.service.settings.MaxHeaderSize) + 1})
		return s.refuseMessage(tx, in, d)
	case errors.Is(err, errTooLarge):
		d := s.end(connector.End{Size: in.limit + 1})
		return s.refuseMessage(tx, in, d)
	case errors.Is(err, errNoMemory):
		return s.refuseMessage(tx, in, s.service.in.Decide(reply.InsufficientResources))
	}
	// The client broke it off; it will not hear our answer.
	r := s.service.in.Decide(reply.TemporaryError).Reply()
	s.logMessage(tx, in, outcome{event: "message aborted", reply: r, err: err})
	return r
}

// received returns our trace field.
func (s *session) received(tx *transaction) mailheader.Received {
	r := mailheader.Received{
		Helo:   s.helo,
		Remote: s.channel.Remote.Addr(),
		By:     s.service.in.Fqdn(),
		Local:  s.channel.Local.Addr(),
		ESMTP:  s.esmtp,
		TLS:    s.channel.TLS,
		Auth:   s.user,
		UTF8:   tx.env.UTF8,
		ID:     tx.env.ID,
		Time:   time.Now(),
	}
	if s.channel.TLS {
		r.Cipher = tls.VersionName(s.tls.Version) + " " + tls.CipherSuiteName(s.tls.CipherSuite)
	}
	if len(tx.env.To) == 1 { // several would tell each of the others
		r.For = tx.env.To[0].To.String()
	}
	return r
}

// Errors of limitReader.
var (
	errTooLarge = errors.New("relay: message too large")
	errNoMemory = errors.New("relay: out of memory for headers")
)

// limitReader counts what is read and fails beyond limit, for good.
type limitReader struct {
	r     io.Reader
	limit int64        // 0: none
	keeps *transaction // keeps in memory what is read; nil: nobody does
	n     int64
	err   error
}

// Read implements io.Reader.
func (l *limitReader) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	l.n += int64(n)
	if l.limit > 0 && l.n > l.limit {
		l.err = errTooLarge
	} else if l.keeps != nil {
		l.err = l.keeps.keep(p[:n])
	}
	if l.err != nil {
		return 0, l.err
	}
	l.err = err
	return n, err
}

// messageReader is what a Handler reads. It remembers how that ended.
type messageReader struct {
	r     io.Reader
	err   error // io.EOF: the message was read to its end
	holes bool  // some of it was read and then lost
}

// Read implements io.Reader.
func (m *messageReader) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.err = err
	return n, err
}

// WriteTo implements io.WriterTo, for io.Copy. When w fails nobody knows how
// much of the message it has, so that it can't have been taken by reading on.
// The failure is not the message's: the Handler may still say what the client
// is to be told.
func (m *messageReader) WriteTo(w io.Writer) (int64, error) {
	switch m.err {
	case nil:
	case io.EOF:
		return 0, nil
	default:
		return 0, m.err
	}
	sink := &errorWriter{w: w}
	n, err := io.Copy(sink, m.r)
	switch {
	case err == nil:
		m.err = io.EOF
	case sink.err != nil:
		m.holes = true
	default:
		m.err = err
	}
	return n, err
}

// errorWriter remembers that w failed.
type errorWriter struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (e *errorWriter) Write(p []byte) (int, error) {
	n, err := e.w.Write(p)
	if err != nil {
		e.err = err
	}
	return n, err
}

// maxMessageID bounds what of a Message-ID goes into a reply, whose line has
// 512 octets.
const maxMessageID = 250

// messageIDOf returns the Message-ID of h if it is fit to be shown: in angle
// brackets, visible ASCII, short.
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
