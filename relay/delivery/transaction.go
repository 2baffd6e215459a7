package delivery

import (
	"context"
	"crypto/tls"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
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
	t, err := tx.offer(ctx, rcpt)
	if err != nil {
		o := tx.hop.refused(t, err)
		tx.emit(ctx, event.RecipientRefused, rcpt, &o, 0)
		return o.Err
	}
	tx.to = append(tx.to, rcpt)
	return nil
}

// offer offers one more recipient to the next hop and returns its answer.
func (tx *transaction) offer(ctx context.Context, r envelope.Recipient) (t exchange, err error) {
	switch {
	case tx.failed != nil:
		return t, tx.failed
	case tx.link == nil:
		return tx.open(ctx, r)
	}
	t = tx.link.exchange()
	err = tx.link.Check(smtpclient.Mail{Envelope: tx.env.Envelope})
	if err == nil {
		err = tx.sender.note(ctx, tx.link.key, tx.link.account, tx.link.Rcpt(ctx, r))
	}
	if err != nil {
		if scopeOf(err) != ofMessage {
			tx.link.close(err)
			tx.link, tx.failed = nil, &relay.Error{Reply: replyFor(reply.SeparateTransaction)}
		}
		return t, err
	}
	tx.taken++
	return t, nil
}

// open opens the transaction with its first recipient. If the next hop refuses the sender,
// or this server, that is the answer to all other recipients too.
func (tx *transaction) open(ctx context.Context, r envelope.Recipient) (t exchange, err error) {
	a := &attempt{hop: &tx.hop, mail: smtpclient.Mail{Envelope: tx.env.Envelope}, to: []envelope.Recipient{r}, limit: waitTimeout}
	l, answers, err := tx.sender.tryHosts(ctx, a)
	if err != nil {
		if !afterMail(err) {
			tx.failed = failure(err, tx.hop.set)
		}
		return t, err
	}
	tx.link, t = l, l.exchange()
	if answers[0] != nil {
		return t, answers[0]
	}
	tx.taken = 1
	return t, nil
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
// doesn't get the message. Lines of a message that no Server received may end
// in LF, and become CRLF; a bare CR and NUL are refused, unless it is binary.
func (tx *transaction) Deliver(ctx context.Context, body io.Reader) (relay.Receipt, error) {
	if len(tx.to) == 0 {
		return relay.Receipt{}, &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	tx.begun = time.Now()
	if tx.env.Inbound == nil && !tx.env.Report && tx.env.Body != envelope.BinaryMIME {
		lines, err := content.WithCRLF(body)
		if err != nil {
			return tx.outcome(ctx, exchange{}, &smtpclient.BodyError{Err: err})
		}
		body = lines
	}
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

// outcome makes the event of each recipient, and returns the Receipt or the error of an
// attempt.
func (tx *transaction) outcome(ctx context.Context, t exchange, err error) (relay.Receipt, error) {
	kind, o := event.Delivered, t.outcome(t.reply)
	if err != nil {
		kind, o = event.NotDelivered, tx.hop.refused(t, err)
	}
	for i, r := range tx.to {
		tx.emit(ctx, kind, r, &o, len(tx.to)-1-i)
	}
	if err == nil {
		return relay.Receipt{Result: tx.hop.set.Name + " to " + t.host + " [" + t.addr + secured(t.tls) + "]: " + t.reply.String()}, nil
	}
	return relay.Receipt{}, o.Err
}

// emit passes what became of a recipient to the Readers. following is how many come next.
func (tx *transaction) emit(ctx context.Context, kind event.Kind, r envelope.Recipient, o *Outcome, following int) {
	if tx.sender.reader() == nil {
		return
	}
	e := event.Event{
		Kind: kind, To: r.To, Following: following, NextHop: tx.hop.String(), SendConnector: tx.hop.set.Name, Host: o.Host, Addr: o.Addr, Local: o.Local, HopSession: o.Session,
		TLS: o.TLS, Cipher: o.Cipher, Reply: o.Reply, Err: o.Err, Advice: o.Advice, Attempts: 1,
	}
	e.SetMessage(&tx.env.Envelope)
	e.Connector = tx.hop.set.Name
	if !tx.begun.IsZero() {
		e.Delay = time.Since(tx.begun)
		e.Duration = e.Delay
	}
	tx.sender.emit(ctx, e)
}

// secured returns the version of TLS as it is logged after an address, "" in the clear.
func secured(version uint16) string {
	if version == 0 {
		return ""
	}
	return ", " + tls.VersionName(version)
}
