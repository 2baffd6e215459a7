package relay

import (
	"cmp"
	"context"

	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/routing"
)

// transaction is a mail transaction, from MAIL to its end.
type transaction struct {
	env     Envelope
	ctx     context.Context
	cancel  context.CancelFunc
	handler Transaction          // nil until the Handler has begun it
	hooks   []Hooks              // that were asked about MAIL
	result  Result               // for the hooks
	removed []envelope.Recipient // by the hooks
	budget  limits.Budget

	mailFrom routing.Address // the sender that RewriteSender has replaced; zero: it wasn't replaced

	// Memory that nearly every transaction needs.
	first   [1]envelope.Recipient
	message intake.Message
}

// begin asks the Hooks and the Handler of a Server whether the transaction may begin.
func (tx *transaction) begin(s *Server) error {
	for i := range s.Hooks {
		tx.hooks = s.Hooks[:i+1]
		if mail := s.Hooks[i].Mail; mail != nil {
			ctx, err := mail(tx.ctx, &tx.env)
			if err != nil {
				return err
			}
			tx.ctx = cmp.Or(ctx, tx.ctx)
		}
	}
	var err error
	tx.handler, err = begin(tx.ctx, s.Handler, &tx.env)
	return err
}

// event returns an event about a recipient of the transaction.
func (tx *transaction) event(kind event.Kind, to routing.Address) event.Event {
	e := event.Event{Kind: kind, To: to}
	e.SetMessage(&tx.env.Envelope)
	return e
}

// refusal returns the event of a refused RCPT; err is nil if the policy refuses it.
func (tx *transaction) refusal(to routing.Address, err error) event.Event {
	e := tx.event(event.CommandRefused, to)
	e.Command, e.Err, e.Size = "RCPT", err, 0
	return e
}

// end releases everything that the transaction holds.
func (tx *transaction) end() {
	if tx.handler != nil {
		tx.handler.Close()
	}
	for i := range tx.hooks {
		if done := tx.hooks[i].Done; done != nil {
			done(tx.ctx, &tx.env, tx.result)
		}
	}
	tx.cancel()
	tx.budget.End()
}
