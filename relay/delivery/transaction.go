package delivery

import (
	"context"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
)

// transaction is what a Sender knows of an Envelope from the first recipient on.
type transaction struct {
	hop    NextHop
	link   *link // nil until the second recipient, and when it was lost
	taken  int   // recipients that the hop took on link
	closed bool  // no further recipients
}

// add asks the next hop about one more recipient.
func (s *Sender) add(ctx context.Context, tx *transaction, env *relay.Envelope, r *relay.Recipient) error {
	switch {
	case tx.closed:
		return &relay.Error{Reply: reply(connector.SeparateTransaction)}
	case tx.link == nil:
		return s.openWith(ctx, tx, env, r)
	}
	m := mailOf(env, env.Size, false)
	err := tx.link.Check(m)
	if err == nil {
		err = tx.link.Rcpt(ctx, rcptOf(r))
	}
	if err != nil {
		if deadLink(err) {
			tx.link.Close()
			tx.link, tx.closed = nil, true
		}
		return failure(err, tx.hop.set)
	}
	tx.taken++
	return nil
}

// openWith opens the transaction with the recipients of env, of whom nothing
// was said to the next hop yet, and r.
func (s *Sender) openWith(ctx context.Context, tx *transaction, env *relay.Envelope, r *relay.Recipient) error {
	to := append(rcptsOf(env), rcptOf(r))
	l, answers, err := s.begin(ctx, &tx.hop, mailOf(env, env.Size, false), to, false)
	if err != nil {
		tx.closed = true
		return failure(err, tx.hop.set)
	}
	last := len(answers) - 1
	for _, err := range answers[:last] {
		if err != nil {
			// It was told 250 and is refused: its refusal must be the final
			// reply, so nobody else may be in the transaction.
			s.pool.put(l)
			tx.closed = true
			return &relay.Error{Reply: reply(connector.SeparateTransaction), Err: err}
		}
	}
	tx.link, tx.taken = l, last
	if answers[last] != nil {
		return failure(answers[last], tx.hop.set)
	}
	tx.taken++
	return nil
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
