package relay

import (
	"crypto/tls"
	"io"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// recorder is a session that reports how each decision came about and puts the
// decision's id into the reply. The session's trace has the checks of its rules for the
// command under way; the recorder reports it.
type recorder struct{ *session }

var _ smtpserver.Handler = (*recorder)(nil)

// decisionID returns the id of the n-th decision of the session, which begins with the session's.
func (s *session) decisionID(n int) string {
	return s.conn.ID + "-" + strconv.Itoa(n)
}

// connect reports how the connector was chosen and who the session is. It returns
// the id that ends the banner.
func (r *recorder) connect() string {
	return r.record("connect", r.endpoint.in.Decide(reply.Ready).Reply(), reply.Ready)
}

// OutOfOrder implements smtpserver.Handler.
func (r *recorder) OutOfOrder(v order.Verb, why reply.Reason) reply.Reply {
	return r.mark(v.String(), r.session.OutOfOrder(v, why))
}

// StartTLS implements smtpserver.Handler.
func (r *recorder) StartTLS() reply.Reply {
	answer := r.session.StartTLS()
	if answer == (reply.Reply{}) { // TLS records who the client is then
		return answer
	}
	return r.mark("STARTTLS", answer)
}

// TLS implements smtpserver.Handler.
func (r *recorder) TLS(state tls.ConnectionState) {
	command, reason := "STARTTLS", r.decision.Reason
	if reason != reply.StartTLSReady { // the connection began with TLS
		command, reason = "connect", reply.Ready
	}
	r.session.TLS(state)
	r.record(command, r.endpoint.in.Decide(reason).Reply(), reason)
}

// Hello implements smtpserver.Handler.
func (r *recorder) Hello(name string, esmtp bool) (smtpserver.Offer, reply.Reply) {
	offer, answer := r.session.Hello(name, esmtp)
	if answer.Text == "" { // the SMTP server words it
		r.record("EHLO", answer, r.decision.Reason)
		return offer, answer
	}
	return offer, r.mark("EHLO", answer)
}

// Auth implements smtpserver.Handler.
func (r *recorder) Auth(mechanism string) (auth.Exchange, reply.Reply) {
	exchange, answer := r.session.Auth(mechanism)
	if answer == (reply.Reply{}) { // AuthEnd records how it went
		r.forget()
		return exchange, answer
	}
	return exchange, r.mark("AUTH", answer)
}

// AuthEnd implements smtpserver.Handler.
func (r *recorder) AuthEnd(err error) reply.Reply {
	return r.mark("AUTH", r.session.AuthEnd(err))
}

// Mail implements smtpserver.Handler.
func (r *recorder) Mail(m envelope.Envelope) reply.Reply {
	return r.mark("MAIL", r.session.Mail(m))
}

// Rcpt implements smtpserver.Handler.
func (r *recorder) Rcpt(c envelope.Recipient) reply.Reply {
	return r.mark("RCPT", r.session.Rcpt(c))
}

// Data implements smtpserver.Handler.
func (r *recorder) Data(body io.Reader) reply.Reply {
	return r.mark("DATA", r.session.Data(body))
}

// mark records the policy's decision on a command and returns the reply with its id.
// If the reply is not what the policy decided, something else has decided.
func (r *recorder) mark(command string, answer reply.Reply) reply.Reply {
	reason := r.decision.Reason
	if r.decision.Allowed() != (answer.Code < 400) {
		reason = reply.Undecided
	}
	answer.Text = withID(answer.Text, r.record(command, answer, reason))
	return answer
}

// record reports a decision and returns its id in brackets. Connectors that don't match
// at all are only counted.
func (r *recorder) record(command string, answer reply.Reply, reason reply.Reason) string {
	r.decisions++
	id := r.decisionID(r.decisions)
	all, others := r.trace.Matching()
	r.forget()
	r.emit(event.Event{Kind: event.Decision, Decision: id, Command: command, Reply: answer.String(), Reason: reason, Trace: &all, Others: others})
	return "[" + id + "]"
}

// forget drops what the command under way has recorded.
func (r *recorder) forget() { *r.trace, r.decision = connector.Trace{}, connector.Decision{} }

// maxReplyText is the longest text with an id: a reply line has 512 bytes (RFC 5321,
// section 4.5.3.1.5), of which the codes and the line end take at most 16.
const maxReplyText = 512 - 16

// withID returns a text with an id behind it; the id is whole even if the text
// isn't.
func withID(text, id string) string {
	if end := maxReplyText - len(id) - 1; len(text) > end {
		text = text[:end]
	}
	return strings.TrimLeft(text+" "+id, " ")
}
