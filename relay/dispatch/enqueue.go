package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/routing"
)

// Mail says from where and to where a message goes that an application hands in.
type Mail struct {
	From   routing.Address      // gets the delivery reports; zero: there are no reports
	To     []envelope.Recipient // at least one; Notify says which reports From gets
	Return envelope.Return      // how much of the message a report on a failure has; 0: all of it
	User   string               // on whose behalf, for SendConnector and events; "": the application's own
	EnvID  string               // the application's name for the message, in xtext; in its events and reports; "": none
}

// maxMailHeader bounds the header of a message that an application hands in, in bytes.
const maxMailHeader = 256 << 10

// Enqueue puts a message of an application on the queue, and returns its ID, which is in all events of
// the message. They may come before Enqueue returns; the first is MessageAccepted, for each recipient.
//
// message is read to its end, header first. Lines may end in LF, and become CRLF; a bare CR and NUL are
// errors. Message-ID, Date and From are added where they are missing, unless the header is signed or the
// message was resent.
//
// An error means that the message isn't on the queue: Mail is invalid, no Send connector will ever take a
// recipient, the message can't be read, the queue is full. If it is a [relay.Error], its Reply says
// whether it may be tried again (4xx). Size limits and shares of the queue are those of all mail without
// a client.
func (d *Dispatcher) Enqueue(ctx context.Context, mail Mail, message io.Reader) (id string, err error) {
	if err := mail.check(); err != nil {
		return "", err
	}
	d.init()
	env := &relay.Envelope{To: mail.To, Envelope: envelope.Envelope{
		ID: envelope.NewID(), From: mail.From, Return: mail.Return, User: mail.User, EnvID: mail.EnvID, UTF8: envelope.NeedsUTF8(mail.From, mail.To)}}
	host := ""
	if d.event(func(time.Time) { env.Policy, host = d.sched.Policy() }); env.Policy == nil {
		return "", ErrStopped
	}
	lines := content.NewLineReader(message)
	whole, err := d.complete(env, host, lines)
	if err != nil {
		return "", fmt.Errorf("the message handed in: %w", err)
	}
	defer whole.Release()
	if env.Size = whole.Size(); lines.EightBit() {
		env.Body = envelope.EightBitMIME
	}
	accepted := &event.Event{Kind: event.MessageAccepted, Recipients: len(mail.To), Result: "queued"}
	if err := d.hand(ctx, env, whole, accepted); err != nil {
		return "", err
	}
	return env.ID, nil
}

// complete reads a message with its header completed. env gets what the header says.
func (d *Dispatcher) complete(env *relay.Envelope, host string, lines io.Reader) (whole *content.Buffer, err error) {
	h, err := mailheader.Read(lines, maxMailHeader)
	if err != nil {
		return nil, err
	}
	defer h.Release()
	if err := h.Repair(maxMailHeader); err != nil {
		return nil, err
	}
	if h.Settled() {
		env.MessageID, _ = h.MessageID()
	} else {
		env.MessageID = h.Complete(env.ID, host, env.From, nil)
	}
	env.Subject = h.Subject()
	whole, _, err = d.bodies.Read(h.Message(), false)
	return whole, err
}

// hand makes a transaction with d.
func (d *Dispatcher) hand(ctx context.Context, env *relay.Envelope, whole *content.Buffer, accepted *event.Event) error {
	begun, err := d.Begin(ctx, env)
	if err != nil {
		return err
	}
	tx := begun.(*transaction)
	defer tx.Close()
	tx.m.accepted = accepted
	for _, rcpt := range env.To {
		if err := tx.Rcpt(ctx, rcpt); err != nil {
			return fmt.Errorf("recipient %v: %w", rcpt.To, err)
		}
	}
	body := content.NewReader(whole)
	defer body.Close() // it is only read
	_, err = tx.deliver(ctx, body)
	return err
}

// check returns an error if m can't be the envelope of a message.
func (m *Mail) check() error {
	if len(m.To) == 0 {
		return errors.New("the mail has no recipients")
	}
	if !m.From.IsNull() && !m.From.IsValid() {
		return errors.New("the sender is not a valid address")
	}
	for i, rcpt := range m.To {
		if err := rcpt.Check(); err != nil {
			return fmt.Errorf("recipient %d of %d: %w", i+1, len(m.To), err)
		}
	}
	if m.EnvID != "" {
		if id, ok := envelope.ParseEnvID(m.EnvID); !ok || id != m.EnvID {
			return fmt.Errorf("the envelope ID %q is not xtext of at most 100 characters", m.EnvID)
		}
	}
	return nil
}
