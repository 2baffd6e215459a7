package delivery

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
)

// Outcome is what became of one recipient in an attempt.
type Outcome struct {
	// Err is nil when the next hop has taken the message for the recipient.
	// Otherwise it is a *relay.Error whose reply is 4xx if the recipient may be
	// tried again and 5xx if it is refused for good.
	Err   error
	Host  string // who was spoken to; "": nobody
	Reply string // what the host said, in printable ASCII; "": nothing
	DSN   bool   // the host has taken over RET, ENVID, NOTIFY and ORCPT
}

// Send makes one attempt to hand the message to hop for all of env.To. It
// returns one Outcome for each, in their order: those that hop accepts get the
// message, whatever it says of the others. Like Deliver it tries one host after
// the other until the first octet of the message has left, and reads body once.
// Of a body that can't be read to its end nothing is left at the hop, and the
// Outcomes are temporary. So they are when ctx ends before the hop has
// answered; it may have the message then.
//
// The error is that of the hop as a whole: nobody could be reached, or nobody
// said anything of this message before the connection was lost. It may be tried
// again later, with this or any message, and all Outcomes are temporary. What
// lies in the message, what refuses it for good, and a canceled ctx are no such
// error.
//
// Of env, Send uses From, To, Size, Body, UTF8, Ret and EnvID, and changes
// nothing.
func (s *Sender) Send(ctx context.Context, hop NextHop, env *relay.Envelope, body io.Reader) ([]Outcome, error) {
	outcomes := make([]Outcome, len(env.To))
	if hop.out == nil || len(env.To) == 0 {
		fill(outcomes, Outcome{Err: &relay.Error{Reply: reply(connector.NotRouted)}})
		return outcomes, nil
	}
	m, err := s.read(&hop, env, body)
	if err != nil {
		fill(outcomes, hop.refused("", err))
		return outcomes, nil
	}
	defer s.free(m)
	l, answers, err := s.beginWhole(ctx, &hop, mailOf(env, m.size(env), m.utf8), env, m)
	if err != nil {
		o := hop.refused("", err)
		fill(outcomes, o)
		return outcomes, hopFailure(ctx, o.Err)
	}
	host, dsn, taken := l.host, l.Has("DSN"), 0
	for i, err := range answers {
		if err != nil {
			outcomes[i] = hop.refused(host, err)
		} else {
			taken++
		}
	}
	if taken == 0 {
		s.pool.put(l)
		return outcomes, nil
	}
	r, err := l.Data(ctx, m.Message)
	s.pool.put(l)
	o := Outcome{Host: host, DSN: dsn}
	if err != nil {
		o = hop.refused(host, err)
	} else {
		o.Reply = r.String()
	}
	fill(outcomes, o)
	return outcomes, nil
}

// fill gives o to every recipient that has no Outcome.
func fill(outcomes []Outcome, o Outcome) {
	for i := range outcomes {
		if outcomes[i].Err == nil {
			outcomes[i] = o
		}
	}
}

// refused returns the Outcome of a recipient who didn't get the message,
// because of err at host; "": err knows.
func (h *NextHop) refused(host string, err error) Outcome {
	o := Outcome{Err: failure(err, h.set), Host: host}
	var at *hostError
	var dial *dialError
	if errors.As(err, &at) && !errors.As(err, &dial) {
		o.Host = at.host
	}
	var said *smtpclient.Error
	if errors.As(err, &said) && said.Reply.Code != 0 {
		o.Reply = strings.TrimSpace(said.Reply.String())
	}
	return o
}

// hopFailure returns err if it says something about the hop and nothing about
// the message, and another time may be better.
func hopFailure(ctx context.Context, err error) error {
	var whole *hopError
	var e *relay.Error
	if ctx.Err() == context.Canceled || !errors.As(err, &whole) || !errors.As(err, &e) || e.Reply.Code >= 500 {
		return nil
	}
	return err
}
