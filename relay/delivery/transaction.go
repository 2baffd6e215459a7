package delivery

import (
	"context"
	"log/slog"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// transaction is what a Sender knows of an Envelope from the first recipient on.
type transaction struct {
	hop    NextHop
	link   *link // nil before the first recipient, and when it was lost
	taken  int   // recipients that the hop took on link
	failed error // why it takes no more of them
}

// add asks the next hop about one more recipient: the client hears what it says, in
// whatever order good and bad ones come.
func (s *Sender) add(ctx context.Context, tx *transaction, env *relay.Envelope, r *envelope.Recipient) error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case tx.link == nil:
		return s.openFor(ctx, tx, env, r)
	}
	err := tx.link.Check(smtpclient.Mail{Envelope: env.Envelope})
	if err == nil {
		err = tx.link.Rcpt(ctx, *r)
	}
	if err != nil {
		if scopeOf(err) != ofMessage {
			tx.link.Close()
			tx.link, tx.failed = nil, &relay.Error{Reply: replyFor(reply.SeparateTransaction)}
		}
		return failure(err, tx.hop.set)
	}
	tx.taken++
	return nil
}

// openFor opens the transaction with its first recipient. A refusal of the sender, or
// of us, is the answer to all others, too.
func (s *Sender) openFor(ctx context.Context, tx *transaction, env *relay.Envelope, r *envelope.Recipient) error {
	a := &attempt{hop: &tx.hop, mail: smtpclient.Mail{Envelope: env.Envelope}, to: []envelope.Recipient{*r}, limit: waitTimeout}
	l, answers, err := s.begin(ctx, a)
	if err != nil {
		e := failure(err, tx.hop.set)
		if !afterMail(err) {
			tx.failed = e
		}
		s.log(ctx, slog.LevelWarn, "recipient not taken", slog.String("id", env.ID), slog.String("connector", tx.hop.set.Name),
			slog.String("to", printable(r.To.String())), slog.String("error", printable(cause(e))))
		return e
	}
	tx.link = l
	if answers[0] != nil {
		return failure(answers[0], tx.hop.set)
	}
	tx.taken = 1
	return nil
}

// giveUp keeps the connection of a transaction that isn't ended for others. What
// the hop said in it was about its recipients.
func (s *Sender) giveUp(tx *transaction) {
	if tx.link != nil {
		s.pool.put(tx.link)
		tx.link = nil
	}
}
