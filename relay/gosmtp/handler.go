package gosmtp

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Handler is a relay.Handler of a backend that was written for a go-smtp server, so that it
// runs behind relay.Server. Each transaction has a session of its own. An smtp.LMTPSession
// answers for each recipient.
//
// The session sees commands that the policy allows, addresses with their quotes, and
// errors as with a gosmtp.Backend. Its smtp.Conn has the client's address, this server's and
// the name of EHLO; [EnvelopeOf] has the rest. It isn't the client's connection: closing it has
// no effect, and its TLSConnectionState reports no TLS, because go-smtp takes that from a
// *tls.Conn only. The state is in the envelope.
//
// If the backend's sessions check passwords (smtp.AuthSession, PLAIN or LOGIN), the Handler is
// the Server's Verifier too, and Hooks has the functions that it then needs:
//
//	h := &gosmtp.Handler{Backend: backend}
//	server := &relay.Server{Handler: h, Verifier: h, Hooks: []relay.Hooks{h.Hooks()}, …}
//
// The transactions of a client that has logged on are those of the session that has accepted
// its password, until the connection ends.
type Handler struct {
	Backend smtp.Backend

	// Identify returns who the client of session is, which has accepted its password. If nil,
	// it is the user by the name that was given, who owns the address of that name.
	Identify func(session smtp.AuthSession) (auth.Identity, error)
}

// EnvelopeOf returns the envelope of the transaction for which a Handler uses c; nil for any
// other c and outside of a transaction.
func EnvelopeOf(c *smtp.Conn) *relay.Envelope {
	if c == nil {
		return nil
	}
	if v, ok := c.Conn().(*visitor); ok {
		return v.env
	}
	return nil
}

// errNoBackend is the error of a Handler or a Backend without the backend that gets the mail.
var errNoBackend = errors.New("the go-smtp backend that gets the mail is missing")

// Ready returns an error if there is no Backend.
func (h *Handler) Ready() error {
	if h.Backend == nil {
		return errNoBackend
	}
	return nil
}

// Begin implements relay.Handler.
func (h *Handler) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	if err := h.Ready(); err != nil {
		return nil, err
	}
	t, err := h.transfer(ctx, env)
	if err != nil {
		return nil, relayError(err)
	}
	opts := &smtp.MailOptions{Body: smtp.BodyType(env.Body.String()), Size: env.Size, UTF8: env.UTF8, Return: smtp.DSNReturn(env.Return.String())}
	opts.EnvelopeID, _ = envelope.DecodeXtext(env.EnvID) // the Server has checked it
	if err := t.session.Mail(env.From.String(), opts); err != nil {
		t.Close()
		return nil, relayError(err)
	}
	return t, nil
}

// transfer returns a transaction with the session of the client that has logged on, or with a
// new one.
func (h *Handler) transfer(ctx context.Context, env *relay.Envelope) (*transfer, error) {
	if g, ok := ctx.Value(guestKey{}).(*guest); ok && env.User != "" {
		if session := g.enter(env); session != nil {
			return &transfer{session: session, guest: g}, nil
		}
	}
	v := newVisitor(env.Local, env.Remote, env.Helo)
	v.env = env
	session, err := h.Backend.NewSession(v.conn())
	if err != nil {
		return nil, err
	}
	return &transfer{session: session}, nil
}

// transfer is a transaction with a session of a backend.
type transfer struct {
	session    smtp.Session
	guest      *guest // whose session it is; nil: it is the transaction's own
	delivered  bool
	recipients []envelope.Recipient
}

// Rcpt implements relay.Transaction.
func (t *transfer) Rcpt(_ context.Context, rcpt envelope.Recipient) error {
	opts := new(smtp.RcptOptions)
	if words := rcpt.Notify.String(); words != "" {
		for word := range strings.SplitSeq(words, ",") {
			opts.Notify = append(opts.Notify, smtp.DSNNotify(word))
		}
	}
	if kind, address, ok := envelope.DecodeORcpt(rcpt.ORcpt); ok {
		opts.OriginalRecipientType, opts.OriginalRecipient = smtp.DSNAddressType(strings.ToUpper(kind)), address
	}
	if err := t.session.Rcpt(rcpt.To.String(), opts); err != nil {
		return relayError(err)
	}
	t.recipients = append(t.recipients, rcpt)
	return nil
}

// Deliver implements relay.Transaction.
func (t *transfer) Deliver(_ context.Context, body io.Reader) (relay.Receipt, error) {
	t.delivered = true
	defer t.session.Reset()
	session, ok := t.session.(smtp.LMTPSession)
	if !ok {
		return relay.Receipt{}, relayError(t.session.Data(body))
	}
	var given answers
	err := session.LMTPData(body, &given)
	var receipt relay.Receipt
	for _, rcpt := range t.recipients {
		if answer := given.take(rcpt.To.String(), err); answer != nil {
			receipt.Refused = append(receipt.Refused, relay.Refused{Recipient: rcpt, Err: relayError(answer)})
		}
	}
	return receipt, nil
}

// Close implements relay.Transaction.
func (t *transfer) Close() {
	if t.guest == nil {
		_ = t.session.Logout() // go-smtp ignores the error too
		return
	}
	if !t.delivered {
		t.session.Reset()
	}
	t.guest.exit()
}

// relayError returns an error of a backend as a Server understands it.
func relayError(err error) error {
	var e *smtp.SMTPError
	if !errors.As(err, &e) {
		return err
	}
	r := reply.Reply{Code: e.Code, Enhanced: e.EnhancedCode, Text: e.Message}
	switch e.EnhancedCode {
	case smtp.EnhancedCodeNotSet:
		r.Enhanced = [3]int{e.Code / 100, 0, 0}
	case smtp.NoEnhancedCode:
		r.Enhanced = [3]int{}
	}
	return &relay.Error{Reply: r, Err: err}
}
