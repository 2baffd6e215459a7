package delivery

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Outcome is what became of one recipient in an attempt.
type Outcome struct {
	// Err is nil when the next hop has taken the message for the recipient.
	// Otherwise it is a *relay.Error whose reply is 4xx if the recipient may be
	// tried again and 5xx if it is refused for good.
	Err   error
	Host  string // who was spoken to; "": nobody
	Addr  string // IP address and port of the host, where it answered; "": it didn't
	TLS   uint16 // of the connection to Addr, a version of package crypto/tls; 0: in the clear
	Reply string // what the host said of it, in printable ASCII; "": nothing
	Cause string // where Reply is "": what was found here instead, for operators, in printable ASCII
	DSN   bool   // the host has taken over RET, ENVID, NOTIFY and ORCPT
	// Content says that the host had taken sender and recipient, and then refused the
	// message.
	Content bool
}

// Send makes one attempt to hand the message to hop for all recipients. It
// returns one Outcome for each, in their order: those that hop accepts get the
// message, whatever it says of the others. Like Deliver it tries one host after
// the other until the first byte of the message has left, and reads body once.
// Of a body that can't be read to its end nothing is left at the hop, and the
// Outcomes are temporary. So they are when ctx ends before the hop has
// answered; it may have the message then.
//
// The error is that of the hop as a whole: nobody could be reached, nobody said
// anything of this message before the connection was lost, or the hop said that it
// can't take so much at once ([IsCrowded]). It may be tried again later, with this or
// any message, and all Outcomes are temporary. What lies in the message, what
// refuses it for good, and a canceled ctx are no such error.
//
// Of env, Send uses what MAIL can say, and Report. It changes neither env nor to.
func (s *Sender) Send(ctx context.Context, hop NextHop, env *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]Outcome, error) {
	outcomes := make([]Outcome, len(to))
	if hop.out == nil || len(to) == 0 {
		fill(outcomes, Outcome{Err: &relay.Error{Reply: replyFor(reply.NotRouted)}})
		return outcomes, nil
	}
	m, err := s.read(&hop, env, body)
	if err != nil {
		fill(outcomes, hop.refused(taken{}, err))
		return outcomes, nil
	}
	defer s.free(m)
	t, err := s.hand(ctx, &hop, to, m, connectTimeout, nil)
	for i, err := range t.answers {
		if err != nil {
			outcomes[i] = hop.refused(t, err)
		}
	}
	o := Outcome{Host: t.host, Addr: t.addr, TLS: t.tls, DSN: t.dsn, Reply: t.reply.String()}
	if err != nil {
		o = hop.refused(t, err)
	}
	fill(outcomes, o)
	return outcomes, hopFailure(ctx, outcomes, o.Err)
}

// hand gives m to those of to whom h accepts. Until the message has begun to leave it
// may take several hosts, and once more a new connection in place of one that was
// used before and is refused the message: it may have had its messages. agreed, if
// not nil, decides by the answers whether the message may go. The error is that of
// all recipients without one in the answers; a hopError also where the hop says that
// it can't take so much at once.
func (s *Sender) hand(ctx context.Context, h *NextHop, to []envelope.Recipient, m *message, limit time.Duration, agreed func([]error) error) (t taken, err error) {
	a := &attempt{hop: h, mail: m.mail, to: to, limit: limit}
	// Nothing is left to decide when there is but one recipient, and if the
	// message is short it follows at once.
	a.data = len(to) == 1 && m.Body != envelope.BinaryMIME && m.Rest == nil
	for {
		l, answers, err := s.begin(ctx, a)
		if err != nil {
			return taken{answers: answers}, crowded(err)
		}
		t = l.taken()
		t.answers = answers
		if !slices.Contains(answers, nil) {
			s.done(l, answers, nil)
			return t, nobody(answers)
		}
		if agreed != nil {
			if err := agreed(answers); err != nil {
				s.pool.put(l)
				return t, err
			}
		}
		used := l.usedBefore
		t.reply, err = s.data(ctx, l, m)
		if !used || a.fresh || !m.again(err) {
			return t, crowded(err)
		}
		a.fresh = true
	}
}

// data sends m over l, and gives l back. A host that has too much to do, or loses the
// connection, is asked last from then on: an equal of it may do better.
func (s *Sender) data(ctx context.Context, l *link, m *message) (smtpclient.Reply, error) {
	r, err := l.Data(ctx, m.Message)
	lost := scopeOf(err) == ofConnection && !l.usedBefore && ctx.Err() == nil && !errors.As(err, new(*smtpclient.BodyError))
	switch {
	case errors.Is(err, smtpclient.ErrNoBDAT):
		s.health.lacksBDAT(l.addr, time.Now())
		s.pool.drop(l.key)
	case lost || isCrowded(err):
		s.health.failed(l.key.String(), time.Now())
		s.health.failed(l.addr, time.Now())
	}
	s.done(l, nil, err)
	return r, err
}

// again reports whether m may be sent once more after err: the hop doesn't have it,
// may have meant the connection, and all of it is still there.
func (m *message) again(err error) bool {
	if err == nil {
		return false
	}
	var e *smtpclient.Error
	if !errors.As(err, &e) || isCrowded(err) {
		return false
	}
	switch e.Stage {
	case smtpclient.StageData:
		return scopeOf(err) == ofConnection || isDoubt(err)
	case smtpclient.StageBody:
		return isDoubt(err) && m.Rest == nil
	}
	return false
}

// crowded returns err, as one of the hop as a whole if that is what it says.
func crowded(err error) error {
	if isCrowded(err) {
		return &hopError{err}
	}
	return err
}

// nobody returns the error for a transaction without a recipient.
func nobody(answers []error) error {
	var refused error
	for _, err := range answers {
		refused = worse(refused, err)
		if !isCrowded(err) {
			return refused
		}
	}
	return crowded(refused)
}

// unanimous returns an error unless all recipients were accepted.
func unanimous(answers []error) error {
	var refused error
	for _, err := range answers {
		if err != nil {
			refused = worse(refused, err)
		}
	}
	if refused != nil {
		return &relay.Error{Reply: replyFor(reply.MixedRecipients), Err: refused}
	}
	return nil
}

// fill gives o to every recipient that has no Outcome.
func fill(outcomes []Outcome, o Outcome) {
	for i := range outcomes {
		if outcomes[i].Err == nil {
			outcomes[i] = o
		}
	}
}

// refused returns the Outcome of a recipient who didn't get the message in the
// transaction t because of err, which knows the host if t doesn't.
func (h *NextHop) refused(t taken, err error) Outcome {
	o := Outcome{Err: failure(err, h.set), Host: t.host, Addr: t.addr, TLS: t.tls}
	var at *hostError
	var dial *dialError
	if errors.As(err, &at) && !errors.As(err, &dial) {
		o.Host = at.host
	}
	var said *smtpclient.Error
	if errors.As(err, &said) && said.Reply.Code != 0 {
		o.Reply = strings.TrimSpace(said.Reply.String())
		o.Content = said.Stage == smtpclient.StageData || said.Stage == smtpclient.StageBody
	} else {
		o.Cause = printable(cause(o.Err))
	}
	return o
}

// hopFailure returns err if it says something about the hop and nothing about
// the message, and another time may be better for all its recipients.
func hopFailure(ctx context.Context, outcomes []Outcome, err error) error {
	if err == nil {
		return nil
	}
	var whole *hopError
	if ctx.Err() == context.Canceled || !errors.As(err, &whole) {
		return nil
	}
	for i := range outcomes {
		var e *relay.Error
		if !errors.As(outcomes[i].Err, &e) || e.Reply.Code >= 500 {
			return nil
		}
	}
	return err
}
