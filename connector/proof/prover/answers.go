package prover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// offers asks what EHLO offers on each pair.
func (c *prover) offers() {
	for _, tls := range []bool{false, true} {
		var all grouped[[]string]
		for place := range c.pairs {
			p := &c.pairs[place]
			if !tls && p.implicit {
				continue
			}
			var answers []string
			for i := range c.policies {
				answers = append(answers, offersOf(p.in[i], p.implicit, tls))
			}
			c.room -= all.add(place, answers)
		}
		for i, answers := range all.members {
			c.cert.Offers = append(c.cert.Offers, proof.Offers{Connections: all.places[i], TLS: tls, Answers: answers})
		}
	}
}

// offersOf returns the offers of EHLO: STARTTLS and the mechanisms of AUTH.
func offersOf(in *connector.Inbound, implicit, tls bool) string {
	s, ok := open(partition.Who{}, in, implicit, tls)
	if !ok {
		return proof.NoSession
	}
	var all []string
	for _, mechanism := range s.SASL() {
		all = append(all, "AUTH "+mechanism)
	}
	if s.OffersTLS() {
		all = append(all, "STARTTLS")
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func open(who partition.Who, in *connector.Inbound, implicit, tls bool) (connector.Session, bool) {
	if in == nil {
		return connector.Session{}, false
	}
	return who.OpenAt(in, implicit, tls)
}

// answers asks every question on each pair.
func (c *prover) answers() {
	for _, q := range proof.SessionQuestions() {
		var all grouped[[]proof.Row]
		for place := range c.pairs {
			if c.exceeded() {
				return
			}
			var rows []proof.Row
			for _, who := range c.clients(&c.pairs[place], &q) {
				row := who.row
				for i := range c.policies {
					t := guest{prover: c, who: who.Who, pair: &c.pairs[place], policy: i, tls: row.TLS}
					row.Answers = append(row.Answers, t.answer(q.Name))
				}
				rows = append(rows, row)
				c.effort.Spend(1000 * len(c.domains.Classes))
				c.effort.Keep(1)
			}
			c.room -= all.add(place, rows)
		}
		for i, rows := range all.members {
			c.cert.Answers = append(c.cert.Answers, proof.Answers{Question: q.Name, Connections: all.places[i], Rows: rows})
		}
	}
}

// guest is a client on the connector of one policy.
type guest struct {
	*prover
	*pair
	policy int
	who    partition.Who
	tls    bool
}

func (t *guest) open(who partition.Who) (connector.Session, bool) {
	return open(who, t.in[t.policy], t.implicit, t.tls)
}

// answer returns the answer to a question.
func (t *guest) answer(question string) string {
	s, ok := t.open(t.who)
	switch {
	case !ok:
		return proof.NoSession
	case !s.Mail(connector.Mail{}).Allowed():
		return proof.NoMail
	}
	switch question {
	case proof.AskSession:
		return t.recipientCount(s)
	case proof.AskSenders:
		return t.senders(s)
	case proof.AskRecipients:
		return fmt.Sprintf("%v, routed %v", t.recipients(s, "user"), t.recipients(s, "user%example.net"))
	case proof.AskSize:
		if n := s.MaxSize(); n > 0 {
			return fmt.Sprintf("%d bytes", n)
		}
		return "any size"
	}
	if s.Headers().Keep(proof.HeaderField(question)) {
		return "kept"
	}
	return "removed"
}

// recipientCount says how many recipients a message may have.
func (t *guest) recipientCount(s connector.Session) string {
	fewest := 0
	p := t.policies[t.policy]
	for _, n := range []int{s.Inbound().Settings().MaxRecipientsPerMessage, int(p.Transport().MaxRecipientEnvelopeLimit)} {
		if n <= 0 || fewest > 0 && n >= fewest {
			continue
		}
		d := s.Rcpt(connector.Rcpt{To: partition.Mailbox("user", t.domains.Cells[0].Witness), Accepted: n})
		if d.Reason == reply.TooManyRecipients || d.Reason == reply.EnvelopeTooLarge {
			fewest = n
		}
	}
	if fewest == 0 {
		return "any number of recipients"
	}
	return fmt.Sprintf("%d recipients", fewest)
}

// recipients returns the classes of the recipients that RCPT accepts.
func (t *guest) recipients(s connector.Session, local string) []int {
	classes := []int{}
	for class := range t.domains.Classes {
		if s.Rcpt(connector.Rcpt{To: partition.Mailbox(local, t.domains.Representative(class))}).Allowed() {
			classes = append(classes, class)
		}
	}
	return classes
}
