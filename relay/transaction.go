package relay

import (
	"context"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/guard"
	"github.com/interchange-smtp/interchange/permission"
)

// transaction is what MAIL begins.
type transaction struct {
	env    Envelope
	ctx    context.Context
	cancel context.CancelFunc
	router Router // once it was asked
}

// transaction returns the transaction that an accepted MAIL begins.
func (s *session) transaction(m guard.Mail) *transaction {
	tx := &transaction{env: Envelope{
		ID:        newID(),
		From:      m.From,
		Size:      m.Size,
		Body:      bodyType(m.Body),
		UTF8:      m.UTF8,
		Ret:       m.Ret,
		EnvID:     m.EnvID,
		Connector: s.service.in.Name(),
		Remote:    s.channel.Remote,
		Helo:      s.helo,
		User:      s.rules.Identity().Principal,
		TLS:       s.channel.TLS,
	}}
	// RFC 4954, section 5: AUTH= of a client that isn't trusted to tell is as
	// good as AUTH=<>, which is not worth passing on.
	if s.rules.Rights().Has(permission.AcceptAuthenticationFlag) {
		tx.env.Auth = m.Auth
	}
	tx.ctx, tx.cancel = s.server.deadline(s.until)
	return tx
}

// end lets go of all that the transaction holds.
func (tx *transaction) end() {
	if tx.router != nil {
		tx.router.Release(&tx.env)
	}
	tx.cancel()
}

// bodyType returns the guard's body type as ours.
func bodyType(b guard.Body) BodyType {
	switch b {
	case guard.Body8BitMIME:
		return EightBitMIME
	case guard.BodyBinaryMIME:
		return BinaryMIME
	}
	return SevenBit
}

// accepted returns the reply to a message that was taken: the client's own
// Message-ID, if that can be shown, and ours.
func (s *session) accepted(tx *transaction, messageID string) connector.Reply {
	r := connector.Queued(tx.env.ID, s.service.in.Fqdn())
	if messageID != "" {
		r.Text = messageID + " " + r.Text
	}
	return r
}
