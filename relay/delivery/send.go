package delivery

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Outcome is the outcome of an attempt for one recipient.
type Outcome struct {
	// Err is nil if the next hop has accepted the message for the recipient.
	// Otherwise it is a *relay.Error with a 4xx reply if the recipient may be tried
	// again and 5xx if it is refused permanently.
	Err  error
	Host string // the host that was reached; "": no host
	Addr string // IP address and port of the host, if it answered; "": it didn't
	TLS  uint16 // version of TLS of the connection, as in package crypto/tls; 0: in the clear
	// Cipher is the cipher suite of the connection, as in package crypto/tls; 0: in the clear.
	Cipher uint16
	Local  netip.AddrPort // this server's end of the connection; zero: not a connection, or not of IP
	// Session is the ID of the connection in the protocol log of Send connectors and in the connectivity log; "": it
	// is in none of them.
	Session string
	Reply   string // the host's reply about the recipient, in printable ASCII; "": no reply
	Cause   string // if Reply is "": the error found here, for operators, in printable ASCII
	// Advice says what an administrator can do about Reply, in sentences and printable ASCII. It may name
	// the account with which this server logs on to the host. "": nothing is known.
	Advice string
	DSN    bool // the host supports DSN and has got RET, ENVID, NOTIFY and ORCPT
	// Content means that the host accepted sender and recipient, and then refused the
	// message.
	Content bool
}

// Send makes one attempt to hand the message to hop for all recipients. It returns an
// Outcome for each, in the order of to. The recipients that the next hop accepts get the
// message, whatever it replies to the others. Like Deliver, Send tries one host after the
// other until the first byte of the message has left, and it reads body once. If body
// can't be read to its end, the next hop doesn't get the message and the Outcomes are
// temporary. If ctx ends before the next hop has replied, the Outcomes are temporary too,
// but the next hop may have the message.
//
// The error concerns the next hop as a whole: no host could be reached, no host replied to
// this message before the connection was lost, or the next hop can't take so much at once
// ([IsCrowded]). This message or another may be tried again later, and all Outcomes are
// temporary. Errors of the message, permanent refusals and a canceled ctx are not such an
// error.
//
// Of env, Send uses the values of MAIL, and Report. It changes neither env nor to.
func (s *Sender) Send(ctx context.Context, hop NextHop, env *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]Outcome, error) {
	outcomes := make([]Outcome, len(to))
	if hop.out == nil || len(to) == 0 {
		fill(outcomes, Outcome{Err: &relay.Error{Reply: replyFor(reply.NotRouted)}})
		return outcomes, nil
	}
	m, err := s.read(ctx, &hop, env, body)
	if err != nil {
		fill(outcomes, hop.refused(exchange{}, err))
		return outcomes, nil
	}
	defer s.free(m)
	t, err := s.hand(ctx, &hop, to, m, connectTimeout, nil)
	for i, err := range t.answers {
		if err != nil {
			outcomes[i] = hop.refused(t, err)
		}
	}
	o := t.outcome(t.reply)
	if err != nil {
		o = hop.refused(t, err)
	}
	fill(outcomes, o)
	return outcomes, hopFailure(ctx, outcomes, o.Err)
}

// hand gives m to the recipients that h accepts. Until the message has begun to leave, it
// may try several hosts. If a connection that was used before refuses the message, it uses
// a new one once, because the old one may have had its messages. agreed, if not nil,
// decides by the answers whether the message may be sent. The error concerns all
// recipients without an error in the answers; it is a hopError also if the next hop can't
// take so much at once.
func (s *Sender) hand(ctx context.Context, h *NextHop, to []envelope.Recipient, m *outgoing, limit time.Duration, agreed func([]error) error) (t exchange, err error) {
	a := &attempt{hop: h, mail: m.mail, to: to, limit: limit}
	// With one recipient there is nothing to decide, so that a short message follows
	// at once.
	a.data = len(to) == 1 && m.Body != envelope.BinaryMIME && m.Rest == nil
	for {
		l, answers, err := s.tryHosts(ctx, a)
		if err != nil {
			return exchange{answers: answers}, ofNextHop(err)
		}
		t = l.exchange()
		t.answers = answers
		if !slices.Contains(answers, nil) {
			s.done(l, answers, nil)
			return t, noneAccepted(answers)
		}
		if agreed != nil {
			if err := agreed(answers); err != nil {
				s.pool.put(l)
				return t, err
			}
		}
		used := l.usedBefore
		t.reply, err = s.data(ctx, l, m)
		if !used || a.fresh || !m.mayResend(err) {
			return t, ofNextHop(err)
		}
		a.fresh = true
	}
}

// data sends m over l, and returns l to the pool. A host that is overloaded, throttles the account
// or loses the connection is tried last from then on.
func (s *Sender) data(ctx context.Context, l *link, m *outgoing) (smtpclient.Reply, error) {
	size := l.session.count(&m.Message)
	r, err := l.Data(ctx, m.Message)
	if err == nil {
		l.session.carried(size)
	}
	err = s.note(ctx, l.key, l.account, err)
	lost := scopeOf(err) == ofConnection && !l.usedBefore && ctx.Err() == nil && !errors.As(err, new(*smtpclient.BodyError))
	switch {
	case errors.Is(err, smtpclient.ErrNoBDAT):
		s.health.lacksBDAT(l.addr, time.Now())
		s.pool.drop(l.key)
	case err == nil:
		s.breaker.accepted(l.key, true)
	case lost || concernsHost(err):
		s.health.failed(l.key.String(), time.Now())
		s.health.failed(l.addr, time.Now())
	}
	s.done(l, nil, err)
	return r, err
}

// mayResend reports whether m may be sent once more after err: the next hop doesn't have
// it, the refusal may concern the connection, and the whole message is still in memory.
func (m *outgoing) mayResend(err error) bool {
	if err == nil {
		return false
	}
	var e *smtpclient.Error
	if !errors.As(err, &e) || concernsHost(err) {
		return false
	}
	switch e.Stage {
	case smtpclient.StageData:
		return scopeOf(err) == ofConnection || doubtsConnection(err)
	case smtpclient.StageBody:
		return doubtsConnection(err) && m.Rest == nil
	}
	return false
}

// ofNextHop returns err, as a hopError if the next hop can't take so much at once, or takes
// nothing of this server's account.
func ofNextHop(err error) error {
	if concernsHost(err) {
		return &hopError{err}
	}
	return err
}

// noneAccepted returns the error for a transaction without an accepted recipient.
func noneAccepted(answers []error) error {
	var refused error
	for _, err := range answers {
		refused = worse(refused, err)
		if !concernsHost(err) {
			return refused
		}
	}
	return ofNextHop(refused)
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

// outcome returns the Outcome of a recipient that the next hop accepted the message for.
func (t *exchange) outcome(r smtpclient.Reply) Outcome {
	return Outcome{Host: t.host, Addr: t.addr, Local: t.local, Session: t.session, TLS: t.tls, Cipher: t.cipher, DSN: t.dsn, Reply: r.String()}
}

// fill sets the Outcome of every recipient without one to o.
func fill(outcomes []Outcome, o Outcome) {
	for i := range outcomes {
		if outcomes[i].Err == nil {
			outcomes[i] = o
		}
	}
}

// refused returns the Outcome of a recipient that didn't get the message in t because of
// err. If t has no host, err may.
func (h *NextHop) refused(t exchange, err error) Outcome {
	o := Outcome{Err: failure(err, h.set), Host: t.host, Addr: t.addr, Local: t.local, Session: t.session, TLS: t.tls, Cipher: t.cipher}
	if host := reached(err); host != "" {
		o.Host = host
	}
	var said *smtpclient.Error
	if errors.As(err, &said) && said.Reply.Code != 0 {
		o.Reply = strings.TrimSpace(said.Reply.String())
		o.Advice = rowOf(err).Advice
		o.Content = said.Stage == smtpclient.StageData || said.Stage == smtpclient.StageBody
	} else {
		o.Cause = printable(cause(o.Err))
	}
	return o
}

// reached returns the host that err is about, or one that was reached before others failed; "" if no
// host was.
func reached(err error) string {
	list := []error{err}
	var all *failures
	if errors.As(err, &all) {
		list = append(list, all.list...)
	}
	for _, e := range list {
		var at *hostError
		if errors.As(e, &at) && !errors.As(e, new(*dialError)) {
			return at.host
		}
	}
	return ""
}

// hopFailure returns err if it concerns the next hop and not the message, and all Outcomes
// are temporary; else nil.
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
