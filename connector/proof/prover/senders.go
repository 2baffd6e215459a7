package prover

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// senders returns the senders that MAIL accepts.
func (t *guest) senders(s connector.Session) string {
	switch {
	case t.who.User == nil && t.listsSenders():
		return t.listedSenders()
	case len(t.who.Partner) > 0:
		return t.partnerSenders()
	}
	accepted, own := []int{}, []int{}
	for class := range t.domains.Classes {
		from := partition.Mailbox("user", t.domains.Representative(class))
		if s.Mail(connector.Mail{From: from}).Allowed() {
			accepted = append(accepted, class)
		}
		if t.who.User == nil {
			continue
		}
		user := *t.who.User
		user.Addresses = []routing.Address{from}
		if t.mails(partition.Who{User: &user}, from) {
			own = append(own, class)
		}
	}
	if t.who.User == nil {
		return fmt.Sprint(accepted)
	}
	return fmt.Sprintf("%v, own %v", accepted, own)
}

// mails reports whether a client may send MAIL from an address.
func (t *guest) mails(who partition.Who, from routing.Address) bool {
	s, ok := t.open(who)
	return ok && s.Mail(connector.Mail{From: from}).Allowed()
}

// without returns a client like that of the row whose certificate, if it has one, isn't
// for a domain; false if there is no such certificate.
func (t *guest) without(domain routing.Domain) (who partition.Who, ok bool) {
	if len(t.who.Partner) == 0 {
		return t.who, true
	}
	names := t.domains.Certificate(t.lists(t.who.Partner), nil, domain)
	return partition.Who{Partner: names}, names != nil
}

// naming returns a client like that of the row whose certificate is for a domain as well;
// false if there is no such certificate, or the domain is in no list.
func (t *guest) naming(domain routing.Domain) (who partition.Who, ok bool) {
	if len(t.who.Partner) == 0 || t.lists([]routing.Domain{domain}) == [2]bool{} {
		return partition.Who{}, false
	}
	names := t.domains.Certificate(t.lists(t.who.Partner), []routing.Domain{domain}, routing.Domain{})
	return partition.Who{Partner: names}, names != nil
}

// lists says in which lists any of the names is.
func (t *guest) lists(names []routing.Domain) (in [2]bool) {
	for _, name := range names {
		for i, secure := range t.domains.Classes[t.domains.Cells[t.domains.Find(name)].Class].Secure {
			in[i] = in[i] || secure
		}
	}
	return in
}

// partnerSenders returns the senders that MAIL accepts from a client with a certificate.
// A class that has no domain but those of the certificate, or none of them, is left out.
func (t *guest) partnerSenders() string {
	others, named := []int{}, []int{}
	for class, cells := range t.domains.Members {
		for _, cell := range cells {
			domain := t.domains.Cells[cell].Witness
			if who, ok := t.without(domain); ok {
				if t.mails(who, partition.Mailbox("user", domain)) {
					others = append(others, class)
				}
				break
			}
		}
		domain := t.domains.Cells[cells[0]].Witness
		if who, ok := t.naming(domain); ok && t.mails(who, partition.Mailbox("user", domain)) {
			named = append(named, class)
		}
	}
	return fmt.Sprintf("%v, named %v", others, named)
}

// listsSenders reports whether a connector of the pair has AllowedSenders, so that its
// senders are told apart by domain and address.
func (t *guest) listsSenders() bool {
	return slices.ContainsFunc(t.in[:], func(in *connector.Inbound) bool { return in != nil && len(in.Settings().AllowedSenders) > 0 })
}

// listed returns the addresses that AllowedSenders names, by their text in lower case.
func (t *guest) listed() map[string]routing.Address {
	all := map[string]routing.Address{}
	for _, in := range t.in {
		if in == nil {
			continue
		}
		for _, by := range in.Settings().AllowedSenders {
			if a, err := routing.ParseAddress(by.String()); err == nil && a.Local() != "" {
				all[strings.ToLower(a.String())] = a
			}
		}
	}
	return all
}

// listedSenders returns the domains and the addresses that MAIL accepts as senders.
func (t *guest) listedSenders() string {
	listed := t.listed()
	domains, named := []int{}, []int{}
	for i, cell := range t.domains.Cells {
		from := partition.Mailbox("user", cell.Witness)
		for n := 0; listed[from.String()].IsValid(); n++ {
			from = partition.Mailbox(fmt.Sprint("user", n), cell.Witness)
		}
		if who, ok := t.without(cell.Witness); ok && t.mails(who, from) {
			domains = append(domains, i)
		}
		if who, ok := t.naming(cell.Witness); ok && t.mails(who, from) {
			named = append(named, i)
		}
	}
	text := fmt.Sprintf("domains %v, named %v", domains, named)
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		from := listed[name]
		if who, ok := t.without(from.Domain()); ok && t.mails(who, from) {
			text += ", " + name
		}
	}
	return text
}
