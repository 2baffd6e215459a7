package proof

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// talk is a client on a connection under one policy.
type talk struct {
	*verifier
	policy     int
	connection *Connection
	row        *Row
	session    semantics.Session
	semantics.Talk
}

// answer returns the answer to a question, as the independent evaluator gives it.
func (v *verifier) answer(policy int, q *Question, c *Connection, row *Row) string {
	s := c.session(row.TLS)
	s.PeerNames, s.User, s.Groups = row.Certificate, row.User != nil, row.User
	begun, _, ok := v.receiver(policy, c).Begin(s)
	if !ok {
		return NoSession
	}
	if begun.Mail("") != "" {
		return NoMail
	}
	t := &talk{verifier: v, policy: policy, connection: c, row: row, session: s, Talk: begun}
	switch q.Name {
	case AskSession:
		return t.recipientCount()
	case AskSenders:
		return t.senders()
	case AskRecipients:
		return fmt.Sprintf("%v, routed %v", t.recipients("user"), t.recipients("user%example.net"))
	case AskSize:
		return t.size()
	}
	if t.Keeps(HeaderField(q.Name)) {
		return "kept"
	}
	return "removed"
}

// least returns the least number for which no is true, if it is true from some number on.
func least(no func(n int64) bool) (n int64, ok bool) {
	const most = math.MaxInt32 // sizes are below it times 1 GB, and asked in steps
	if !no(most) {
		return 0, false
	}
	return int64(sort.Search(most, func(n int) bool { return no(int64(n)) })), true
}

// recipientCount says how many recipients a message may have. RCPT looks at their number
// before it looks at their domain.
func (t *talk) recipientCount() string {
	refused := func(accepted int64) bool {
		reason := t.Rcpt("user@"+t.Domains[0].Witness, accepted)
		return reason == "too-many-recipients" || reason == "envelope-too-large"
	}
	if n, limited := least(refused); limited {
		return fmt.Sprintf("%d recipients", n)
	}
	return "any number of recipients"
}

// size says how large a message may be.
func (t *talk) size() string {
	const most = math.MaxInt64 - 1
	if t.Takes(most) {
		return "any size"
	}
	low, high := int64(-1), int64(most) // low is taken, and high isn't
	for high-low > 1 {
		if mid := low + (high-low)/2; t.Takes(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return fmt.Sprintf("%d bytes", low)
}

// recipients returns the classes of the recipients that RCPT accepts.
func (t *talk) recipients(local string) []int {
	classes := []int{}
	for i, class := range t.Classes {
		if t.Rcpt(local+"@"+class.Witness, 0) == "" {
			classes = append(classes, i)
		}
	}
	return classes
}

// senders returns the senders that MAIL accepts.
func (t *talk) senders() string {
	switch {
	case t.row.Certificate != nil:
		return t.partnerSenders()
	case t.row.User == nil && len(t.allowedSenders()) > 0:
		return t.listedSenders()
	}
	var addresses []string
	for _, class := range t.Classes {
		addresses = append(addresses, "user@"+class.Witness)
	}
	accepted := t.mailFrom(t.Talk, addresses)
	if t.row.User == nil {
		return fmt.Sprint(accepted)
	}
	s := t.session
	s.Addresses = addresses
	own, _, _ := t.receiver(t.policy, t.connection).Begin(s) // it has begun without addresses
	return fmt.Sprintf("%v, own %v", accepted, t.mailFrom(own, addresses))
}

// mailFrom returns the places of the senders that MAIL accepts.
func (t *talk) mailFrom(in semantics.Talk, senders []string) []int {
	accepted := []int{}
	for i, from := range senders {
		if in.Mail(from) == "" {
			accepted = append(accepted, i)
		}
	}
	return accepted
}

func (t *talk) mailAs(s semantics.Session, from string) bool {
	begun, _, ok := t.receiver(t.policy, t.connection).Begin(s)
	return ok && begun.Mail(from) == ""
}

// partnerSenders returns the senders that MAIL accepts from clients whose certificate is
// in the same lists as that of the row.
func (t *talk) partnerSenders() string {
	others, named := []int{}, []int{}
	state := t.listed(t.row.Certificate)
	for i := range t.Classes {
		domains := t.domainsOf(i)
		if domain, names, ok := t.unnamed(domains, state); ok && t.certified(names, domain) {
			others = append(others, i)
		}
		if names, ok := t.naming(domains[0], state); ok && t.certified(names, domains[0]) {
			named = append(named, i)
		}
	}
	return fmt.Sprintf("%v, named %v", others, named)
}

// certified reports whether a client with a certificate for the names may send as an
// address in a domain.
func (t *talk) certified(names []string, domain string) bool {
	s := t.session
	s.PeerNames = names
	return t.mailAs(s, "user@"+domain)
}

// domainsOf returns the witnesses of the cells of a class.
func (t *talk) domainsOf(class int) (all []string) {
	for _, d := range t.Domains {
		if d.Class == class {
			all = append(all, d.Witness)
		}
	}
	return all
}

// unnamed returns one of the domains, and names of a certificate in exactly these lists
// without it.
func (t *talk) unnamed(domains []string, state []bool) (domain string, names []string, ok bool) {
	for _, domain := range domains {
		if names, ok := t.namesIn(state, domain); ok {
			return domain, names, true
		}
	}
	return "", nil, false
}

// naming returns names of a certificate in exactly these lists, among them the domain.
func (t *talk) naming(domain string, state []bool) ([]string, bool) {
	own := t.listed([]string{domain})
	if !slices.Contains(own, true) {
		return nil, false
	}
	for i := range own {
		if own[i] && !state[i] {
			return nil, false
		}
	}
	more, ok := t.namesIn(state, "")
	return append([]string{domain}, more...), ok
}

// namesIn returns names of a certificate in exactly these lists that isn't for a domain.
func (t *talk) namesIn(state []bool, but string) (names []string, ok bool) {
	in := make([]bool, len(state))
	for _, c := range t.ClientNames {
		fits := true
		for i := range state {
			fits = fits && (state[i] || !c.Secured[i])
		}
		at := slices.IndexFunc(c.Names, func(name string) bool { return name != but })
		if !fits || at < 0 {
			continue
		}
		for i := range in {
			in[i] = in[i] || c.Secured[i]
		}
		names = append(names, c.Names[at])
	}
	return names, slices.Equal(in, state)
}

// allowedSenders returns AllowedSenders of all policies.
func (t *talk) allowedSenders() (all []string) {
	for i, name := range t.connection.Connectors {
		if r := t.receivers[i][name]; r != nil {
			all = append(all, r.AllowedSenders...)
		}
	}
	return all
}

// listedSenders returns the domains and the addresses that MAIL accepts as senders of
// anonymous clients, where AllowedSenders tells addresses apart.
func (t *talk) listedSenders() string {
	var named []string
	for _, by := range t.allowedSenders() {
		if !strings.HasPrefix(by, "@") {
			named = append(named, strings.ToLower(by))
		}
	}
	slices.Sort(named)
	named = slices.Compact(named)
	domains := []int{}
	for i, d := range t.Domains {
		from := "user@" + d.Witness
		for n := 0; slices.Contains(named, from); n++ {
			from = fmt.Sprintf("user%d@%s", n, d.Witness)
		}
		if t.Mail(from) == "" {
			domains = append(domains, i)
		}
	}
	text := fmt.Sprintf("domains %v", domains)
	for _, address := range named {
		if t.Mail(address) == "" {
			text += ", " + address
		}
	}
	return text
}
