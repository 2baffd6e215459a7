package relay

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// recorder is a session that logs how each decision came about, and puts the
// decision's id into the reply. The record is made by the explaining twins of what
// the session asks, which run the same code.
type recorder struct {
	*session
	decisions int
	message   connector.Trace    // what was asked about the message under way
	verdict   connector.Decision // on it, so far
	relays    int                // the Received fields of others that it has
}

var _ smtpserver.Handler = (*recorder)(nil)

// decisionIDLength is what of a session's id goes into those of its decisions:
// enough to find the session in a log.
const decisionIDLength = 8

// newRecorder makes s tell of its decisions.
func newRecorder(s *session) *recorder {
	s.recorder = &recorder{session: s}
	return s.recorder
}

// connect records how the connector was chosen and who the session is. It returns
// what the banner is to end with.
func (r *recorder) connect() string {
	_, chosen := r.endpoint.in.Policy().ExplainSelect(r.channel.Local, r.channel.Remote.Addr())
	_, who := r.endpoint.in.ExplainOpen(r.channel)
	return r.record("connect", r.endpoint.in.Decide(reply.Ready).Reply(), reply.Ready, chosen, who)
}

// TLS implements smtpserver.Handler.
func (r *recorder) TLS(state tls.ConnectionState) {
	_, starts := r.rules.ExplainStartTLS()
	r.session.TLS(state)
	_, who := r.endpoint.in.ExplainOpen(r.channel)
	r.record("STARTTLS", r.endpoint.in.Decide(reply.StartTLSReady).Reply(), reply.StartTLSReady, starts, who)
}

// Hello implements smtpserver.Handler.
func (r *recorder) Hello(ctx context.Context, name string, esmtp bool) (smtpserver.Offer, reply.Reply) {
	d, t := r.rules.ExplainHello(name)
	offer, answer := r.session.Hello(ctx, name, esmtp)
	if answer.Text == "" { // the SMTP server words it
		r.record("EHLO", answer, d.Reason, t)
		return offer, answer
	}
	return offer, r.mark("EHLO", answer, d, t)
}

// Auth implements smtpserver.Handler.
func (r *recorder) Auth(ctx context.Context, mechanism string) (auth.Exchange, reply.Reply) {
	d, t := r.rules.ExplainAuth(mechanism)
	exchange, answer := r.session.Auth(ctx, mechanism)
	if answer == (reply.Reply{}) {
		return exchange, answer // AuthEnd tells how it went
	}
	return exchange, r.mark("AUTH", answer, d, t)
}

// AuthEnd implements smtpserver.Handler.
func (r *recorder) AuthEnd(ctx context.Context, err error) reply.Reply {
	var d connector.Decision
	var t connector.Trace
	if err == nil {
		_, d, t = r.rules.ExplainLogin(r.verified)
	}
	return r.mark("AUTH", r.session.AuthEnd(ctx, err), d, t)
}

// Mail implements smtpserver.Handler.
func (r *recorder) Mail(ctx context.Context, m envelope.Envelope) reply.Reply {
	d, t := r.rules.ExplainMail(connector.Mail{From: m.From, Size: m.Size})
	return r.mark("MAIL", r.session.Mail(ctx, m), d, t)
}

// Rcpt implements smtpserver.Handler.
func (r *recorder) Rcpt(ctx context.Context, c envelope.Recipient) reply.Reply {
	if r.tx == nil {
		return r.session.Rcpt(ctx, c)
	}
	d, t := r.rules.ExplainRcpt(connector.Rcpt{To: c.To, Accepted: len(r.tx.env.To)})
	traces := []connector.Trace{t}
	if _, routes := r.server.Handler.(Router); routes && d.Allowed() {
		way, t := r.endpoint.in.Policy().ExplainRoute(c.To, r.tx.env.Size)
		if traces = append(traces, t); way.Outcome != routing.Routed {
			d = way.Decision()
		}
	}
	return r.mark("RCPT", r.session.Rcpt(ctx, c), d, traces...)
}

// end records what the session asks about a message. It asks again when the message
// turns out too large.
func (r *recorder) end(e connector.End) {
	r.verdict, r.message = r.rules.ExplainEnd(e)
}

// authors records what the session asks about the header's authors.
func (r *recorder) authors(authors []routing.Address, legible bool) {
	d, t := r.rules.ExplainAuthors(authors, legible)
	r.message = r.message.Then(t)
	if !d.Allowed() {
		r.verdict = d
	}
}

// Data implements smtpserver.Handler.
func (r *recorder) Data(ctx context.Context, body io.Reader) reply.Reply {
	r.verdict, r.message, r.relays = connector.Decision{}, connector.Trace{}, 0
	answer := r.session.Data(ctx, body)
	var kept connector.Trace
	if r.verdict.Allowed() {
		_, kept = r.rules.ExplainHeaders()
		_, added := r.rules.ExplainCompletesHeader(r.relays)
		kept = kept.Then(added)
	}
	return r.mark("DATA", answer, r.verdict, r.message, kept)
}

// mark records a decision and returns its reply with the id. d is the policy's; if
// the reply is not as d has it, something else decided.
func (r *recorder) mark(command string, answer reply.Reply, d connector.Decision, traces ...connector.Trace) reply.Reply {
	reason := d.Reason
	if d.Allowed() != (answer.Code < 400) {
		reason = reply.Undecided
	}
	id := r.record(command, answer, reason, traces...)
	answer.Text = withID(answer.Text, id)
	return answer
}

// record logs a decision and returns its id in brackets. Connectors that match not
// at all are counted only.
func (r *recorder) record(command string, answer reply.Reply, reason reply.Reason, traces ...connector.Trace) string {
	r.decisions++
	id := r.id[:decisionIDLength] + "-" + strconv.Itoa(r.decisions)
	var all connector.Trace
	for _, t := range traces {
		all = all.Then(t)
	}
	all, others := all.Matching()
	attrs := []any{
		"decision", id, "session", r.id, "connector", r.endpoint.in.Name(), "remote", r.channel.Remote,
		"user", clean(r.rules.Identity().String()), "command", command, "reply", clean(answer.String()),
	}
	if reason != reply.Undecided {
		attrs = append(attrs, "reason", reason)
	}
	if others > 0 {
		attrs = append(attrs, "others", others)
	}
	r.server.Logger.Info("decision", append(attrs, "steps", steps{all})...)
	return "[" + id + "]"
}

// maxReplyText is what of a text goes with an id: a reply line has 512 octets (RFC
// 5321, section 4.5.3.1.5), of which the codes and the line end take at most 16.
const maxReplyText = 512 - 16

// withID returns a text with an id behind it; the id is whole even if the text
// isn't.
func withID(text, id string) string {
	if end := maxReplyText - len(id) - 1; len(text) > end {
		text = text[:end]
	}
	return strings.TrimLeft(text+" "+id, " ")
}

// steps prints a trace for logs, as text or as JSON with stable names. Nothing in it
// is anything but printable ASCII: addresses are the client's.
type steps struct{ trace connector.Trace }

// MarshalText implements [encoding.TextMarshaler].
func (s steps) MarshalText() ([]byte, error) {
	var b strings.Builder
	for step := range s.trace.All() {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(clean(strings.Join(strings.Fields(step.String()), " ")))
		for _, basis := range step.Basis() {
			b.WriteString(" {" + clean(basis.String()) + "}")
		}
	}
	return []byte(b.String()), nil
}

// MarshalJSON implements [json.Marshaler].
func (s steps) MarshalJSON() ([]byte, error) {
	plain, err := json.Marshal(s.trace)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, c := range string(plain) {
		switch {
		case c <= '~':
			b = append(b, byte(c))
		case c > 0xFFFF: // JSON has UTF-16 (RFC 8259, section 7)
			c -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xD800+c>>10, 0xDC00+c&0x3FF)
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return b, nil
}
