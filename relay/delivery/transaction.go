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

// Route picks the Send connector of rcpt, keeps one next hop per transaction, and
// asks it. Errors are *relay.Error.
func (s *Sender) Route(ctx context.Context, p *connector.Policy, env *relay.Envelope, rcpt *envelope.Recipient) error {
	hop, err := nextHop(p, rcpt.To, p.Route(rcpt.To, env.Size, nil))
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

// Release gives up what Route opened at the next hop, and keeps the connection
// for others.
func (s *Sender) Release(env *relay.Envelope) {
	if tx, _ := env.State.(*transaction); tx != nil {
		s.giveUp(tx)
	}
	env.State = nil
}

// Deliver sends the message to the next hop that Route chose, and returns nil
// when that took it for all recipients. Otherwise it took it for none, or its
// answer was lost. Errors are *relay.Error; of a body that couldn't be read to
// its end, Deliver leaves nothing at the next hop.
func (s *Sender) Deliver(ctx context.Context, env *relay.Envelope, body io.Reader) error {
	tx, _ := env.State.(*transaction)
	if tx == nil || len(env.To) == 0 {
		return &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	m, err := s.read(&tx.hop, &env.Envelope, body)
	if err != nil {
		return s.outcome(ctx, env, tx, taken{}, err)
	}
	defer s.free(m)
	t, err := s.finish(ctx, env, tx, m)
	return s.outcome(ctx, env, tx, t, err)
}

// finish ends the transaction that is open, or makes another one. The message may
// go to all recipients or to none: the client comes back, and then hears of each.
func (s *Sender) finish(ctx context.Context, env *relay.Envelope, tx *transaction, m *message) (taken, error) {
	if l := tx.link; l != nil && tx.taken == len(env.To) && l.Check(m.mail) == nil {
		t := l.taken()
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

// outcome leaves word of how a delivery ended, in env for the Server's log if it
// went well, and returns the error for the client.
func (s *Sender) outcome(ctx context.Context, env *relay.Envelope, tx *transaction, t taken, err error) error {
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

// secured names a version of TLS behind an address; "" in the clear.
func secured(version uint16) string {
	if version == 0 {
		return ""
	}
	return ", " + tls.VersionName(version)
}
