package analysis

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// sendingAs is an identity with the senders that are asked about: one of each kind.
type sendingAs struct {
	partition.Who
	senders []routing.Address
}

// identities yields the identities that are asked about, those that need least first.
func (a *asker) identities(c *askedClients, tls bool) iter.Seq[sendingAs] {
	return func(yield func(sendingAs) bool) {
		kind, _, _ := strings.Cut(a.q.As, ":")
		senders := a.sendersOf(c)
		if (kind == "" || kind == asAnonymous) && a.q.Sender != OwnSender && len(senders) > 0 && !yield(sendingAs{senders: senders}) {
			return
		}
		if (kind == "" || kind == asCertificate) && tls {
			for _, who := range a.certificatesOf(c, senders) {
				if !yield(who) {
					return
				}
			}
		}
		if kind == "" && a.needs.session && !c.offersLogon(tls) || kind == asAnonymous || kind == asCertificate {
			return
		}
		a.users(c)(yield)
	}
}

// users yields the identities of those who log on. What their own address is doesn't
// matter, so one stands for all.
func (a *asker) users(c *askedClients) iter.Seq[sendingAs] {
	return func(yield func(sendingAs) bool) {
		own := slices.IndexFunc(a.senders, func(s routing.Address) bool { return !s.IsNull() })
		logins := partition.NewLogins(c.in[0].ACL(), c.in[1].ACL(), a.needs.rights, a.groups...)
		if !a.effort.Spend(triedSteps * logins.Tried) {
			return
		}
		for i := range logins.Users {
			user := &logins.Users[i]
			if a.q.Sender != OwnSender && len(a.senders) > 0 && !yield(sendingAs{partition.Who{User: user}, a.senders}) {
				return
			}
			if a.q.Sender == OthersSender || own < 0 || !a.needs.sender && a.q.Sender == AnySender {
				continue
			}
			owner := auth.Identity{Principal: user.Principal, Addresses: a.senders[own : own+1]}
			if !yield(sendingAs{partition.Who{User: &owner}, a.senders[own : own+1]}) {
				return
			}
		}
	}
}

// certificatesOf returns the result of certificates, which is computed once for all connectors that restrict no senders.
func (a *asker) certificatesOf(c *askedClients, senders []routing.Address) []sendingAs {
	if a.restricts(c) {
		return a.certificates(senders)
	}
	if a.partners == nil {
		a.partners = append([]sendingAs{}, a.certificates(senders)...)
	}
	return a.partners
}

// certificates returns the identities of clients with a certificate that names a domain of
// TLSReceiveDomainSecureList, or the names that are asked about, or their own senders.
func (a *asker) certificates(senders []routing.Address) []sendingAs {
	var all []sendingAs
	place := map[string]int{}
	add := func(names []routing.Domain, sender routing.Address) {
		if names == nil {
			return
		}
		key := joinTexts(names)
		at, ok := place[key]
		if !ok {
			at = len(all)
			place[key] = at
			all = append(all, sendingAs{Who: partition.Who{Partner: names}})
		}
		all[at].senders = append(all[at].senders, sender)
	}
	for _, lists := range [][2]bool{{true, true}, {true, false}, {false, true}, {}} {
		if lists == [2]bool{} && len(a.names) == 0 && (a.q.As != "" || a.q.Sender != OwnSender) {
			continue // such a client is an anonymous one; only the question tells its own senders apart
		}
		for _, sender := range senders {
			a.effort.Spend(2 * len(a.senderDomains.Cells)) // Certificate may look at all of them
			d := sender.Domain()
			if a.q.Sender != OwnSender {
				add(a.senderDomains.Certificate(lists, a.names, d), sender)
			}
			if sender.IsNull() {
				continue
			}
			// A name that no policy lists changes nothing, so it is added only if it must be.
			if a.q.Sender == OwnSender || a.q.Sender == AnySender && (a.isSecure(d) || slices.Contains(a.names, d)) {
				with := a.names
				if !slices.Contains(with, d) {
					with = append(slices.Clip(with), d)
				}
				add(a.senderDomains.Certificate(lists, with, routing.Domain{}), sender)
			}
		}
	}
	return all
}

// isSecure reports whether a policy has a domain in TLSReceiveDomainSecureList.
func (a *asker) isSecure(d routing.Domain) bool {
	return a.senderDomains.Classes[a.senderDomains.Cells[a.senderDomains.Find(d)].Class].Secure != [2]bool{}
}

// sendersOf returns the senders that are asked about in sessions without a user on the
// connectors, one of each kind.
func (a *asker) sendersOf(c *askedClients) []routing.Address {
	if !a.restricts(c) {
		return a.senders
	}
	all := slices.Clone(a.senders)
	for _, d := range a.cells {
		all = append(all, partition.Mailbox(a.local, d))
	}
	for _, in := range c.in {
		if in == nil {
			continue
		}
		for _, s := range in.Settings().AllowedSenders {
			if address, err := routing.ParseAddress(s.String()); err == nil && address.IsASCII() && a.asksFrom(address) {
				all = append(all, address)
			}
		}
	}
	return all
}

// restricts reports whether a connector restricts the senders, where they matter.
func (a *asker) restricts(c *askedClients) bool {
	return a.needs.sender && slices.ContainsFunc(c.in[:], func(in *connector.Inbound) bool {
		return in != nil && len(in.Settings().AllowedSenders) > 0
	})
}

// asksFrom reports whether a sender is asked about.
func (a *asker) asksFrom(s routing.Address) bool { return covers(a.q.From, s) }

// covers reports whether a list has an address; an empty one has all.
func covers(list []Mailboxes, address routing.Address) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(m Mailboxes) bool { return m.Covers(address) })
}

// coversDomain reports whether a list has all addresses of a domain.
func coversDomain(list []Mailboxes, d routing.Domain) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(m Mailboxes) bool { return m.coversDomain(d) })
}

// collectSenders fills a.senders.
func (a *asker) collectSenders() {
	names, locals := partition.SenderNames(a.policies[:]...), a.allowedLocals()
	for _, m := range a.q.From {
		if name := m.name(); name.IsValid() {
			names = append(names, name)
		}
	}
	a.senderDomains = a.domainsWith(append(names, a.names...))
	a.local = "user"
	for i := 2; locals[a.local]; i++ {
		a.local = "user" + strconv.Itoa(i)
	}
	if a.asksFrom(routing.Address{}) {
		a.senders = append(a.senders, routing.Address{})
	}
	if !a.needs.sender && len(a.senders) > 0 && a.q.Sender != OwnSender {
		return
	}
	// Two of each class, because a certificate may name one of them.
	found := make([]int, len(a.senderDomains.Classes))
	for i := range readable(a.senderDomains) {
		cell := &a.senderDomains.Cells[i]
		if !coversDomain(a.q.From, cell.Witness) { // single addresses follow
			continue
		}
		a.cells = append(a.cells, cell.Witness)
		if found[cell.Class]++; found[cell.Class] <= 2 {
			a.senders = append(a.senders, partition.Mailbox(a.local, cell.Witness))
		}
	}
	for _, m := range a.q.From {
		if m.address.IsValid() {
			a.senders = append(a.senders, m.address)
		}
	}
}

// allowedLocals returns the local parts of the addresses in AllowedSenders.
func (a *asker) allowedLocals() map[string]bool {
	locals := map[string]bool{}
	for _, p := range a.policies {
		for in := range p.Receive() {
			for _, s := range in.Settings().AllowedSenders {
				if local, _, _ := strings.Cut(s.String(), "@"); local != "" {
					locals[strings.ToLower(local)] = true
				}
			}
		}
	}
	return locals
}

// readable yields the places of the cells in d, those with ordinary domains first.
func readable(d *partition.Domains) iter.Seq[int] {
	return func(yield func(int) bool) {
		elsewhere := d.Elsewhere()
		if !yield(elsewhere) {
			return
		}
		for i := range d.Cells {
			if i != elsewhere && !yield(i) {
				return
			}
		}
	}
}
