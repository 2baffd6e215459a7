package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
)

// askHooks has the Hooks look at a whole message. If they have changed its sender or its
// recipients, or need it to be declared otherwise, the Handler gets a new transaction.
func (s *session) askHooks(tx *transaction, m *message.Message) error {
	env, to := tx.env.Envelope, slices.Clone(tx.env.To)
	header, size := m.Header().Size(), m.Size()
	err := hooks(s.server.Hooks).message(tx.ctx, &tx.env, m)
	changed := env
	changed.From = tx.env.From
	if err == nil {
		err = tx.env.check()
	}
	if err == nil {
		err = s.checkSize(m, header, size)
	}
	if err != nil {
		tx.env.Envelope, tx.env.To = env, to
		return err
	}
	changed.UTF8 = changed.UTF8 || envelope.NeedsUTF8(tx.env.From, tx.env.To)
	if m.EightBit() && changed.Body == envelope.SevenBit {
		changed.Body = envelope.EightBitMIME
	}
	same := changed == env && slices.Equal(tx.env.To, to)
	if tx.env.Envelope = changed; same {
		return nil
	}
	tx.env.Size = m.Size()
	for _, rcpt := range to {
		if !slices.Contains(tx.env.To, rcpt) {
			tx.removed = append(tx.removed, rcpt)
		}
	}
	return tx.beginAgain(s.server.Handler, to)
}

// check returns an error if Hooks have made e an envelope that no message can have.
func (e *Envelope) check() error {
	if !e.From.IsNull() && !e.From.IsValid() {
		return errors.New("the sender that Hooks have set is not a valid address")
	}
	for _, rcpt := range e.To {
		if err := rcpt.Check(); err != nil {
			return fmt.Errorf("a recipient that Hooks have added: %w", err)
		}
	}
	return nil
}

// checkSize refuses a message that Hooks have made larger than the connector allows. header and
// size are those from before the change, with the fields of this server.
func (s *session) checkSize(m *message.Message, header, size int64) error {
	exceeds := func(now, before, limit int64) bool { return limit > 0 && now > max(limit, before) }
	switch {
	case exceeds(m.Header().Size(), header, int64(s.endpoint.settings.MaxHeaderSize)):
		return &intake.Refusal{Decision: s.endpoint.in.Decide(reply.HeaderTooLarge)}
	case exceeds(m.Size(), size, s.rules.MaxSize()):
		return &intake.Refusal{Decision: s.endpoint.in.Decide(reply.MessageTooLarge)}
	}
	return nil
}

// beginAgain gives the Handler the changed envelope, in a new transaction; without recipients
// it begins no transaction. before are the recipients that the client has named. The client has
// not named an added one, so that it can't correct it: its refusal is temporary.
func (tx *transaction) beginAgain(h Handler, before []envelope.Recipient) (err error) {
	tx.handler.Close()
	tx.handler = nil
	to := tx.env.To
	if len(to) == 0 {
		return nil
	}
	defer func() { tx.env.To = to }()
	tx.env.To = make([]envelope.Recipient, 0, len(to))
	if tx.handler, err = begin(tx.ctx, h, &tx.env); err != nil {
		return err
	}
	for _, rcpt := range to {
		if err := tx.handler.Rcpt(tx.ctx, rcpt); err != nil {
			if !slices.Contains(before, rcpt) {
				err = fmt.Errorf("recipient %v, which Hooks have added: %v", rcpt.To, err)
			}
			return err
		}
		tx.env.To = append(tx.env.To, rcpt)
	}
	return nil
}

// begin begins a transaction of h. It is nil if there is an error.
func begin(ctx context.Context, h Handler, env *Envelope) (Transaction, error) {
	tx, err := h.Begin(ctx, env)
	if err != nil {
		return nil, err
	}
	return tx, nil
}
