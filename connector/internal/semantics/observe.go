package semantics

import (
	"maps"
	"strconv"
)

// Observables returns the settings that a client, a next hop or a sender would notice in a
// session besides the decisions: parameters in effect by their names. Those about mail
// to one recipient have its address behind the name, as in "Fqdn for amy@contoso.com".
// They are there whether or not the session may send to the recipient.
// docs/diff.md "What is compared" and "When a parameter has an effect".
func (p *Policy) Observables(s Session) map[string]string {
	all := p.queue()
	maps.Copy(all, p.reports())
	maps.Copy(all, p.reportsTo(s.From))
	if c := p.serving(s.Local, s.Remote); c != nil {
		maps.Copy(all, p.settings(c, s))
	}
	for _, to := range s.To {
		for name, value := range p.Hop(p.Route(to, s.Size)) {
			all[name+" for "+to] = value
		}
		// docs/receive.md "Recipients that don't exist".
		if a, ok := p.acceptedDomain(domainOf(to)); ok {
			all["AddressBookEnabled for "+to] = strconv.FormatBool(a.kind() == authoritative && orTrue(a.AddressBookEnabled))
		}
	}
	return all
}
