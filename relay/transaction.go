package relay

import (
	"context"
	"log/slog"

	"github.com/interchange-smtp/interchange/internal/intake"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// transaction is a mail transaction, from MAIL to its end.
type transaction struct {
	env    Envelope
	ctx    context.Context
	cancel context.CancelFunc
	router Router // nil until Route was called
	budget limits.Budget

	// Memory that nearly every transaction needs.
	rcpt    envelope.Recipient // of the RCPT at hand
	first   [1]envelope.Recipient
	attrs   [14]slog.Attr // of the log's line
	message intake.Message
}

// end releases everything that the transaction holds.
func (tx *transaction) end() {
	if tx.router != nil {
		tx.router.Release(&tx.env)
	}
	tx.cancel()
	tx.budget.End()
}
