package observed

import (
	"maps"
	"slices"
	"strconv"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
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
	if c := p.Serving(s.Local, s.Remote); c != nil {
		maps.Copy(all, p.settings(c, s.Client))
	}
	for _, to := range s.To {
		for name, value := range p.Hop(p.Route(to, s.Size)) {
			all[name+" for "+to] = value
		}
		// docs/receive.md "Recipients that don't exist".
		domain := semantics.DomainOf(to)
		if a, ok := p.Covering(domain); ok {
			all["AddressBookEnabled for "+to] = strconv.FormatBool(p.AcceptedType(domain) == semantics.Authoritative && semantics.OrTrue(a.AddressBookEnabled))
		}
	}
	return all
}

// Changed returns the names of the parameters that differ between what Observables returns
// for two policies in one session, sorted. A parameter that has an effect under one of the
// policies only is left out: whatever gives it the effect differs, too. So is the address
// that reports come from if neither policy chooses it.
// docs/diff.md "What is compared".
func Changed(before, after map[string]string) (names []string) {
	_, was := before[chosenKey]
	_, is := after[chosenKey]
	for name, value := range before {
		now, both := after[name]
		if both && now != value && name != chosenKey && (name != postmasterKey || was || is) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
