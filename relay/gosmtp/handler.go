package gosmtp

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Handler returns a relay.Handler of a backend that was written for a go-smtp server, so
// that it runs behind relay.Server. Each transaction has a session of its own. An
// smtp.LMTPSession answers for each recipient.
//
// The session sees commands that the policy allows, addresses with their quotes, and
// errors as with a Backend. Its smtp.Conn has the client's address and the name of EHLO;
// [EnvelopeOf] has the rest. It isn't the client's connection: its TLSConnectionState and
// LocalAddr are empty, and closing it has no effect. AUTH is the Server's duty: an
// smtp.AuthSession isn't asked, and a session must not demand it.
func Handler(backend smtp.Backend) relay.Handler { return handler{backend} }

// EnvelopeOf returns the envelope of the transaction for which a Handler has made c; nil for
// any other c. It is valid until the session's Logout returns.
func EnvelopeOf(c *smtp.Conn) *relay.Envelope {
	if v, ok := c.Conn().(*visitor); ok {
		return v.env
	}
	return nil
}

// handler is the relay.Handler of a backend.
type handler struct{ backend smtp.Backend }

// Begin implements relay.Handler.
func (h handler) Begin(_ context.Context, env *relay.Envelope) (relay.Transaction, error) {
	session, err := h.backend.NewSession(visit(env))
	if err != nil {
		return nil, relayError(err)
	}
	opts := &smtp.MailOptions{Body: smtp.BodyType(env.Body.String()), Size: env.Size, UTF8: env.UTF8, Return: smtp.DSNReturn(env.Return.String())}
	opts.EnvelopeID, _ = envelope.DecodeXtext(env.EnvID) // the Server has checked it
	if err := session.Mail(env.From.String(), opts); err != nil {
		_ = session.Logout() // go-smtp ignores the error too
		return nil, relayError(err)
	}
	return &transfer{session: session}, nil
}

// transfer is a transaction with a session of a backend.
type transfer struct {
	session    smtp.Session
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
func (t *transfer) Close() { _ = t.session.Logout() }

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
