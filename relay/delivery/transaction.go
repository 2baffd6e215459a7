package delivery

import (
	"context"
	"log/slog"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
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
func (s *Sender) add(ctx context.Context, tx *transaction, env *relay.Envelope, r *relay.Recipient) error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case tx.link == nil:
		return s.openFor(ctx, tx, env, r)
	}
	m := mailOf(env, env.Size, false)
	err := tx.link.Check(m)
	if err == nil {
		err = tx.link.Rcpt(ctx, rcptOf(r))
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
func (s *Sender) openFor(ctx context.Context, tx *transaction, env *relay.Envelope, r *relay.Recipient) error {
	a := &attempt{hop: &tx.hop, mail: mailOf(env, env.Size, false), to: []smtpclient.Rcpt{rcptOf(r)}, limit: waitTimeout}
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

// mailOf returns the MAIL command for env; utf8 says that the header needs
// SMTPUTF8.
func mailOf(env *relay.Envelope, size int64, utf8 bool) smtpclient.Mail {
	m := smtpclient.Mail{Size: size, UTF8: env.UTF8, NeedUTF8: utf8, Ret: env.Ret, EnvID: env.EnvID}
	if !env.From.IsNull() {
		m.From = env.From.String()
	}
	m.NeedUTF8 = m.NeedUTF8 || !isASCII(m.From)
	switch env.Body {
	case relay.EightBitMIME:
		m.Body = "8BITMIME"
	case relay.BinaryMIME:
		m.Body = "BINARYMIME"
	}
	return m
}

func rcptOf(r *relay.Recipient) smtpclient.Rcpt {
	return smtpclient.Rcpt{To: r.To.String(), NeedUTF8: !r.To.IsASCII(), Notify: r.Notify, ORcpt: r.ORcpt}
}

func rcptsOf(env *relay.Envelope) []smtpclient.Rcpt {
	to := make([]smtpclient.Rcpt, len(env.To), len(env.To)+1)
	for i := range env.To {
		to[i] = rcptOf(&env.To[i])
	}
	return to
}
