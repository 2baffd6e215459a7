package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// senders returns the senders that MAIL accepts.
func (t *visit) senders() string {
	switch {
	case t.row.User == nil && len(t.allowedSenders(t.connection)) > 0:
		return t.listedSenders()
	case t.row.Certificate != nil:
		return t.partnerSenders()
	}
	var addresses []string
	for _, class := range t.Classes {
		addresses = append(addresses, "user@"+class.Witness)
	}
	accepted := mailFrom(t.Session, addresses)
	if t.row.User == nil {
		return fmt.Sprint(accepted)
	}
	owner := t.client
	owner.Addresses = addresses
	own, _ := t.receiver(t.policy, t.connection).Begin(owner) // as it did without addresses
	return fmt.Sprintf("%v, own %v", accepted, mailFrom(own, addresses))
}

// mailFrom returns the places of the senders that MAIL accepts.
func mailFrom(s *semantics.Session, senders []string) []int {
	accepted := []int{}
	for i, from := range senders {
		if s.Mail(from, 0) == "" {
			accepted = append(accepted, i)
		}
	}
	return accepted
}

// partnerSenders returns the senders that MAIL accepts from clients whose certificate is
// in the same lists as that of the row.
func (t *visit) partnerSenders() string {
	others, named := []int{}, []int{}
	for i := range t.Classes {
		domains := t.domainsOf(i)
		for _, domain := range domains {
			if names, ok := t.without(domain); ok {
				if t.mails(names, "user@"+domain) {
					others = append(others, i)
				}
				break
			}
		}
		if names, ok := t.naming(domains[0]); ok && t.mails(names, "user@"+domains[0]) {
			named = append(named, i)
		}
	}
	return fmt.Sprintf("%v, named %v", others, named)
}

// mails reports whether a client with a certificate for the names may send MAIL from an
// address.
func (t *visit) mails(names []string, from string) bool {
	client := t.client
	client.PeerNames = names
	s, refused := t.receiver(t.policy, t.connection).Begin(client)
	return refused == nil && s.Mail(from, 0) == ""
}

// domainsOf returns the witnesses of the cells of a class.
func (t *visit) domainsOf(class int) (all []string) {
	for _, d := range t.Domains {
		if d.Class == class {
			all = append(all, d.Witness)
		}
	}
	return all
}

// without returns names of a certificate in the same lists as that of the row, but not for
// a domain; none for a row without a certificate.
func (t *visit) without(domain string) (names []string, ok bool) {
	if t.row.Certificate == nil {
		return nil, true
	}
	return t.namesIn(t.listed(t.row.Certificate), domain)
}

// naming returns names of a certificate in the same lists as that of the row, among them a
// domain that is in one of them.
func (t *visit) naming(domain string) (names []string, ok bool) {
	own, state := t.listed([]string{domain}), t.listed(t.row.Certificate)
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
func (t *visit) namesIn(state []bool, but string) (names []string, ok bool) {
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

// allowedSenders returns AllowedSenders of the connectors of all policies.
func (v *verifier) allowedSenders(c *Connection) (all []string) {
	for i := range v.policies {
		if r := v.receiver(i, c); r != nil {
			all = append(all, r.AllowedSenders...)
		}
	}
	return all
}

// listedSenders returns the domains and the addresses that MAIL accepts as senders of
// anonymous clients, where AllowedSenders tells addresses apart.
func (t *visit) listedSenders() string {
	var listed []string
	for _, by := range t.allowedSenders(t.connection) {
		if !strings.HasPrefix(by, "@") {
			listed = append(listed, strings.ToLower(by))
		}
	}
	slices.Sort(listed)
	listed = slices.Compact(listed)
	domains, named := []int{}, []int{}
	for i, d := range t.Domains {
		from := "user@" + d.Witness
		for n := 0; slices.Contains(listed, from); n++ {
			from = fmt.Sprintf("user%d@%s", n, d.Witness)
		}
		if names, ok := t.without(d.Witness); ok && t.mails(names, from) {
			domains = append(domains, i)
		}
		if names, ok := t.naming(d.Witness); ok && t.mails(names, from) {
			named = append(named, i)
		}
	}
	text := fmt.Sprintf("domains %v, named %v", domains, named)
	for _, address := range listed {
		domain := address[strings.LastIndexByte(address, '@')+1:]
		if names, ok := t.without(domain); ok && t.mails(names, address) {
			text += ", " + address
		}
	}
	return text
}
