package analysis

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// The effort of one element of a partition, of looking whether it is asked about, of one
// session and of one decision.
const (
	lookSteps     = 20
	cellSteps     = 200
	identitySteps = 200
	decisionSteps = 20
)

// askedSession is one session on the connectors of both sides.
type askedSession struct {
	*asker
	opened [2]connector.Session
	passes [2]bool // the property holds, as far as the session alone decides it
}

// found are examples by their results under both policies: found[1] has it under the
// first only, found[3] under both.
type found[T any] [4]*T

func (f *found[T]) add(has [2]bool, example T) {
	if at := bits(has); f[at] == nil {
		f[at] = &example
	}
}

func bits(has [2]bool) int {
	n := 0
	for i, h := range has {
		if h {
			n |= 1 << i
		}
	}
	return n
}

func hasOf(bits int) [2]bool { return [2]bool{bits&1 != 0, bits&2 != 0} }

// decide asks about the session of an identity with each kind of sender, recipient and
// size. Whether a message is accepted depends on the sender and on the rest apart, so the
// two aren't multiplied.
func (a *asker) decide(c *askedClients, who sendingAs, tls bool) {
	s := askedSession{asker: a}
	for i, in := range c.in[:a.sides] {
		s.open(i, c, in, who.Who, tls)
	}
	a.decided += len(who.senders) * len(a.recipients)
	senders, messages := s.bySender(who.senders), s.byMessage()
	best := 0
	for from := range senders {
		for to := range messages {
			if senders[from] == nil || messages[to] == nil {
				continue
			}
			all := bits(s.passes) & from & to
			// The one that fails in one respect only is the plainest.
			if plain := 1 + countBits(from) + countBits(to); plain > best && a.settles(hasOf(all)) {
				best = plain
				d := who.Dialog(c.local, c.remote, tls)
				d.From, d.To, d.Size = *senders[from], []routing.Address{messages[to].to}, messages[to].size
				a.witness = &d
			}
		}
	}
}

func countBits(n int) int { return n&1 + n>>1&1 }

// open opens the session of one side.
func (s *askedSession) open(side int, c *askedClients, in *connector.Inbound, who partition.Who, tls bool) {
	s.effort.Spend(identitySteps)
	if !s.needs.session {
		s.passes[side] = true
		return
	}
	switch s.q.Property {
	case PropertyServed:
		s.passes[side] = in != nil && (tls || !c.implicit) && (s.q.Argument == "" || strings.EqualFold(in.Name(), s.q.Argument))
	case PropertyOffered:
		session, ok := c.open(in, partition.Who{Partner: who.Partner}, tls)
		s.passes[side] = ok && offers(session, s.q.Argument)
	default:
		s.opened[side], s.passes[side] = c.open(in, who, tls)
		s.passes[side] = s.passes[side] && (who.User != nil || s.q.Property != PropertyLogsOn)
	}
}

// bySender finds examples of senders.
func (s *askedSession) bySender(senders []routing.Address) (f found[routing.Address]) {
	if s.passes == [2]bool{} {
		senders = senders[:1]
	}
	for _, from := range senders {
		has := [2]bool{true, true}
		for i := range s.sides {
			if s.needs.sender && s.passes[i] {
				s.effort.Spend(decisionSteps)
				has[i] = s.opened[i].Mail(connector.Mail{From: from}).Allowed()
			}
		}
		f.add(has, from)
	}
	return f
}

// byMessage finds examples of messages.
func (s *askedSession) byMessage() (f found[sent]) {
	recipients := s.recipients
	if s.passes == [2]bool{} {
		recipients = recipients[:1]
	}
	has := [2]bool{true, true} // whether a message that is small enough comes to RCPT
	for side := range s.sides {
		if s.needs.sender && s.passes[side] {
			s.effort.Spend(decisionSteps)
			has[side] = s.opened[side].Mail(connector.Mail{}).Allowed()
		}
	}
	for i := range recipients {
		rcpt := has
		for side := range s.sides {
			if s.needs.to && s.needs.session && s.passes[side] && has[side] {
				s.effort.Spend(decisionSteps)
				rcpt[side] = s.opened[side].Rcpt(connector.Rcpt{To: recipients[i].to}).Allowed()
			}
		}
		fitting := s.fitting(i)
		for at := len(fitting) - 1; at >= 0; at-- { // the smallest messages first
			if fitting[at] != nil {
				f.add(hasOf(at&bits(rcpt)), *fitting[at])
			}
		}
	}
	return f
}
