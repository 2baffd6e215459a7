package delivery

import (
	"context"
	"crypto/tls"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// transaction is a message of a client that waits for the next hop's reply.
type transaction struct {
	sender *Sender
	env    *relay.Envelope
	to     []envelope.Recipient // accepted
	hop    NextHop              // of all recipients
	link   *link                // nil before the first recipient, and when it was lost
	taken  int                  // recipients that the next hop accepted on link
	failed error                // the answer to all further recipients; nil: ask the next hop
	begun  time.Time            // when the message began to arrive

	first [1]envelope.Recipient // memory for to
}

// Begin implements relay.Handler. The next hop is called at the first recipient.
func (s *Sender) Begin(_ context.Context, env *relay.Envelope) (relay.Transaction, error) {
	tx := &transaction{sender: s, env: env}
	tx.to = tx.first[:0]
	return tx, nil
}

// Rcpt offers a recipient to its next hop, which must be that of the recipients accepted
// before. Errors are *relay.Error.
func (tx *transaction) Rcpt(ctx context.Context, rcpt envelope.Recipient) error {
	hop, err := nextHop(rcpt.To, tx.env.Route(rcpt.To))
	switch {
	case err != nil:
		return err
	case tx.hop.key == hop.key:
	case len(tx.to) > 0:
		return &relay.Error{Reply: replyFor(reply.DifferentNextHop)}
	default:
		tx.giveUp()
		tx.hop, tx.taken, tx.failed = hop, 0, nil
	}
	if err := tx.offer(ctx, rcpt); err != nil {
		return err
	}
	tx.to = append(tx.to, rcpt)
	return nil
}

// offer offers one more recipient to the next hop and returns its answer.
func (tx *transaction) offer(ctx context.Context, r envelope.Recipient) error {
	switch {
	case tx.failed != nil:
		return tx.failed
	case tx.link == nil:
		return tx.open(ctx, r)
	}
	err := tx.link.Check(smtpclient.Mail{Envelope: tx.env.Envelope})
	if err == nil {
		err = tx.link.Rcpt(ctx, r)
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

// open opens the transaction with its first recipient. If the next hop refuses the sender,
// or this server, that is the answer to all other recipients too.
func (tx *transaction) open(ctx context.Context, r envelope.Recipient) error {
	a := &attempt{hop: &tx.hop, mail: smtpclient.Mail{Envelope: tx.env.Envelope}, to: []envelope.Recipient{r}, limit: waitTimeout}
	l, answers, err := tx.sender.tryHosts(ctx, a)
	if err != nil {
		e := failure(err, tx.hop.set)
		if !afterMail(err) {
			tx.failed = e
		}
		tx.emit(ctx, event.Event{Kind: event.RecipientRefused, To: r.To, Err: e})
		return e
	}
	tx.link = l
	if answers[0] != nil {
		return failure(answers[0], tx.hop.set)
	}
	tx.taken = 1
	return nil
}

// giveUp leaves the transaction with the next hop and keeps its connection for others: the
// next hop's replies in it concerned the recipients.
func (tx *transaction) giveUp() {
	if tx.link != nil {
		tx.sender.pool.put(tx.link)
		tx.link = nil
	}
}

// Close implements relay.Transaction.
func (tx *transaction) Close() { tx.giveUp() }

// Deliver sends the message to the next hop. It returns nil if the next hop accepted the
// message for all recipients; otherwise the next hop accepted it for none, or its reply
// was lost. Errors are *relay.Error. If body can't be read to its end, the next hop
// doesn't get the message.
func (tx *transaction) Deliver(ctx context.Context, body io.Reader) (relay.Receipt, error) {
	if len(tx.to) == 0 {
		return relay.Receipt{}, &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	tx.begun = time.Now()
	m, err := tx.sender.read(ctx, &tx.hop, &tx.env.Envelope, body)
	if err != nil {
		return tx.outcome(ctx, exchange{}, err)
	}
	defer tx.sender.free(m)
	t, err := tx.finish(ctx, m)
	return tx.outcome(ctx, t, err)
}

// finish ends the open transaction, or makes another one. The message goes to all
// recipients or to none: the client then tries again and gets an answer for each.
func (tx *transaction) finish(ctx context.Context, m *outgoing) (exchange, error) {
	if l := tx.link; l != nil && tx.taken == len(tx.to) && l.Check(m.mail) == nil {
		t := l.exchange()
		tx.link = nil
		var err error
		t.reply, err = tx.sender.data(ctx, l, m)
		if !m.mayResend(err) || doubtsConnection(err) && !l.usedBefore {
			return t, err
		}
	}
	tx.giveUp()
	return tx.sender.hand(ctx, &tx.hop, tx.to, m, waitTimeout, unanimous)
}

// outcome returns the Receipt or the error of an attempt.
func (tx *transaction) outcome(ctx context.Context, t exchange, err error) (relay.Receipt, error) {
	if err == nil {
		tx.delivered(ctx, t)
		return relay.Receipt{Result: tx.hop.set.Name + " to " + t.host + " [" + t.addr + secured(t.tls) + "]: " + t.reply.String()}, nil
	}
	e := failure(err, tx.hop.set)
	tx.emit(ctx, event.Event{Kind: event.NotDelivered, Recipients: len(tx.to), Host: t.host, Addr: t.addr, TLS: t.tls, Err: e})
	return relay.Receipt{}, e
}

// delivered makes the event of each recipient.
func (tx *transaction) delivered(ctx context.Context, t exchange) {
	if tx.sender.reader() == nil {
		return
	}
	e := event.Event{Kind: event.Delivered, NextHop: tx.hop.String(), Host: t.host, Addr: t.addr, TLS: t.tls,
		Reply: t.reply.String(), Delay: time.Since(tx.begun), Attempts: 1}
	for _, r := range tx.to {
		e.To = r.To
		tx.emit(ctx, e)
	}
}

// emit passes e, with what is known of the message and its next hop, to the Readers.
func (tx *transaction) emit(ctx context.Context, e event.Event) {
	e.ID, e.EnvID, e.From, e.Connector = tx.env.ID, tx.env.EnvID, tx.env.From, tx.hop.set.Name
	tx.sender.emit(ctx, e)
}

// secured returns the version of TLS as it is logged after an address, "" in the clear.
func secured(version uint16) string {
	if version == 0 {
		return ""
	}
	return ", " + tls.VersionName(version)
}
