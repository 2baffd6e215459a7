package prover

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
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
			all.add(place, answers)
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
	switch {
	case in == nil:
		return connector.Session{}, false
	case implicit:
		return who.OpenImplicit(in)
	}
	return who.Open(in, tls)
}

// answers asks every question on each pair.
func (c *prover) answers() {
	for _, q := range proof.Questions() {
		var all grouped[[]proof.Row]
		for place := range c.pairs {
			if c.effort.Exceeded() {
				return
			}
			var rows []proof.Row
			for _, who := range c.clients(&c.pairs[place], &q) {
				row := who.row
				for i := range c.policies {
					t := talk{prover: c, who: who.Who, pair: &c.pairs[place], policy: i, tls: row.TLS}
					row.Answers = append(row.Answers, t.answer(q.Name))
				}
				rows = append(rows, row)
				c.effort.Spend(1000 * len(c.domains.Classes))
				c.effort.Keep(1)
			}
			all.add(place, rows)
		}
		for i, rows := range all.members {
			c.cert.Answers = append(c.cert.Answers, proof.Answers{Question: q.Name, Connections: all.places[i], Rows: rows})
		}
	}
}

// talk is a client on the connector of one policy.
type talk struct {
	*prover
	*pair
	policy int
	who    partition.Who
	tls    bool
}

func (t *talk) open(who partition.Who) (connector.Session, bool) {
	return open(who, t.in[t.policy], t.implicit, t.tls)
}

// answer returns the answer to a question.
func (t *talk) answer(question string) string {
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
func (t *talk) recipientCount(s connector.Session) string {
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
func (t *talk) recipients(s connector.Session, local string) []int {
	classes := []int{}
	for class := range t.domains.Classes {
		if s.Rcpt(connector.Rcpt{To: partition.Mailbox(local, t.domains.Representative(class))}).Allowed() {
			classes = append(classes, class)
		}
	}
	return classes
}

func mayMail(s connector.Session, from routing.Address) bool {
	return s.Mail(connector.Mail{From: from}).Allowed()
}

// senders returns the senders that MAIL accepts.
func (t *talk) senders(s connector.Session) string {
	switch {
	case len(t.who.Partner) > 0:
		return t.partnerSenders()
	case t.who.User == nil && t.listsSenders():
		return t.listedSenders(s)
	}
	accepted, own := []int{}, []int{}
	for class := range t.domains.Classes {
		from := partition.Mailbox("user", t.domains.Representative(class))
		if mayMail(s, from) {
			accepted = append(accepted, class)
		}
		if t.who.User == nil {
			continue
		}
		user := *t.who.User
		user.Addresses = []routing.Address{from}
		if s, ok := t.open(partition.Who{User: &user}); ok && mayMail(s, from) {
			own = append(own, class)
		}
	}
	if t.who.User == nil {
		return fmt.Sprint(accepted)
	}
	return fmt.Sprintf("%v, own %v", accepted, own)
}

// partnerSenders returns the senders that MAIL accepts from a client with a certificate.
// A class that has no domain but those of the certificate, or none of them, is left out.
func (t *talk) partnerSenders() string {
	others, named := []int{}, []int{}
	for class := range t.domains.Classes {
		if d, who, ok := t.domains.Unverified(class, t.who); ok && t.mailAs(who, d) {
			others = append(others, class)
		}
		if d, who, ok := t.domains.Verified(class, t.who); ok && t.mailAs(who, d) {
			named = append(named, class)
		}
	}
	return fmt.Sprintf("%v, named %v", others, named)
}

func (t *talk) mailAs(who partition.Who, domain routing.Domain) bool {
	s, ok := t.open(who)
	return ok && mayMail(s, partition.Mailbox("user", domain))
}

// listsSenders reports whether a connector of the pair has AllowedSenders, so that its
// senders are told apart by domain and address.
func (t *talk) listsSenders() bool {
	return slices.ContainsFunc(t.in[:], func(in *connector.Inbound) bool { return in != nil && len(in.Settings().AllowedSenders) > 0 })
}

// listedSenders returns the domains and the addresses that MAIL accepts as senders.
func (t *talk) listedSenders(s connector.Session) string {
	named := map[string]routing.Address{}
	for _, in := range t.in {
		if in == nil {
			continue
		}
		for _, by := range in.Settings().AllowedSenders {
			if a, err := routing.ParseAddress(by.String()); err == nil && a.Local() != "" {
				named[strings.ToLower(a.String())] = a
			}
		}
	}
	domains := []int{}
	for i, cell := range t.domains.Cells {
		from := partition.Mailbox("user", cell.Witness)
		for n := 0; named[from.String()].IsValid(); n++ {
			from = partition.Mailbox(fmt.Sprint("user", n), cell.Witness)
		}
		if mayMail(s, from) {
			domains = append(domains, i)
		}
	}
	text := fmt.Sprintf("domains %v", domains)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if mayMail(s, named[name]) {
			text += ", " + name
		}
	}
	return text
}
