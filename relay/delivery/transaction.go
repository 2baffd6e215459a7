package delivery

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// transaction is the state of an Envelope from its first recipient on.
type transaction struct {
	hop    NextHop
	link   *link // nil before the first recipient, and when it was lost
	taken  int   // recipients that the hop accepted on link
	failed error // the answer to all further recipients; nil: ask the hop
}

// add offers one more recipient to the next hop and returns its answer.
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

// openFor opens the transaction with its first recipient. If the hop refuses the sender,
// or this server, that is the answer to all other recipients too.
func (s *Sender) openFor(ctx context.Context, tx *transaction, env *relay.Envelope, r *envelope.Recipient) error {
	a := &attempt{hop: &tx.hop, mail: smtpclient.Mail{Envelope: env.Envelope}, to: []envelope.Recipient{*r}, limit: waitTimeout}
	l, answers, err := s.tryHosts(ctx, a)
	if err != nil {
		e := failure(err, tx.hop.set)
		if !afterMail(err) {
			tx.failed = e
		}
		s.log(ctx, slog.LevelWarn, "recipient refused", slog.String("id", env.ID), slog.String("connector", tx.hop.set.Name),
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

// giveUp leaves a transaction and keeps its connection for others: the hop's replies in
// it concerned the recipients.
func (s *Sender) giveUp(tx *transaction) {
	if tx.link != nil {
		s.pool.put(tx.link)
		tx.link = nil
	}
}

// Route offers rcpt to the next hop of its route. All recipients of a transaction must
// have the same one. Errors are *relay.Error.
func (s *Sender) Route(ctx context.Context, route connector.Route, env *relay.Envelope, rcpt *envelope.Recipient) error {
	hop, err := nextHop(rcpt.To, route)
	if err != nil {
		return err
	}
	tx, _ := env.State.(*transaction)
	switch {
	case tx != nil && tx.hop.key == hop.key:
	case len(env.To) > 0:
		return &relay.Error{Reply: replyFor(reply.DifferentNextHop)}
	default:
		s.Release(env)
		tx = &transaction{hop: hop}
		env.State = tx
	}
	return s.add(ctx, tx, env, rcpt)
}

// Release gives up the transaction that Route opened at the next hop, and keeps the
// connection for others.
func (s *Sender) Release(env *relay.Envelope) {
	if tx, _ := env.State.(*transaction); tx != nil {
		s.giveUp(tx)
	}
	env.State = nil
}

// Deliver sends the message to the next hop that Route chose. It returns nil if the hop
// accepted the message for all recipients; otherwise the hop accepted it for none, or
// its reply was lost. Errors are *relay.Error. If body can't be read to its end, the hop
// doesn't get the message.
func (s *Sender) Deliver(ctx context.Context, env *relay.Envelope, body io.Reader) error {
	tx, _ := env.State.(*transaction)
	if tx == nil || len(env.To) == 0 {
		return &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	m, err := s.read(&tx.hop, &env.Envelope, body)
	if err != nil {
		return s.outcome(ctx, env, tx, exchange{}, err)
	}
	defer s.free(m)
	t, err := s.finish(ctx, env, tx, m)
	return s.outcome(ctx, env, tx, t, err)
}

// finish ends the open transaction, or makes another one. The message goes to all
// recipients or to none: the client then tries again and gets an answer for each.
func (s *Sender) finish(ctx context.Context, env *relay.Envelope, tx *transaction, m *message) (exchange, error) {
	if l := tx.link; l != nil && tx.taken == len(env.To) && l.Check(m.mail) == nil {
		t := l.exchange()
		tx.link = nil
		var err error
		t.reply, err = s.data(ctx, l, m)
		if !m.again(err) || isDoubt(err) && !l.usedBefore {
			return t, err
		}
	}
	s.giveUp(tx)
	return s.hand(ctx, &tx.hop, env.To, m, waitTimeout, unanimous)
}

// outcome returns the error for the client. After success it sets env.Delivered, for
// the Server's log.
func (s *Sender) outcome(ctx context.Context, env *relay.Envelope, tx *transaction, t exchange, err error) error {
	if err == nil {
		env.Delivered = tx.hop.set.Name + " to " + t.host + " [" + t.addr + secured(t.tls) + "]: " + t.reply.String()
		return nil
	}
	e := failure(err, tx.hop.set)
	s.log(ctx, slog.LevelWarn, "not delivered",
		slog.String("id", env.ID), slog.String("connector", tx.hop.set.Name),
		slog.Int("recipients", len(env.To)), slog.String("host", t.host), slog.String("error", printable(cause(e))))
	return e
}

// secured returns the version of TLS as it is logged after an address, "" in the clear.
func secured(version uint16) string {
	if version == 0 {
		return ""
	}
	return ", " + tls.VersionName(version)
}
