package semantics

import "strings"

// The types of accepted domains that decide something.
const (
	Authoritative = "Authoritative"
	InternalRelay = "InternalRelay"
)

// AcceptedType returns the type of the accepted domain that covers a domain; "" if none
// does.
func (p *Policy) AcceptedType(domain string) string {
	if a, ok := p.Covering(domain); ok {
		return a.kind()
	}
	return ""
}

// Covering returns the accepted domain that covers a domain.
// docs/receive.md "Accepted domains": the domain's own entry comes first, then
// the entry of the nearest domain above it that covers what is below, then "*".
func (p *Policy) Covering(domain string) (covering AcceptedDomain, ok bool) {
	if covering, ok = p.accepted[domain]; ok {
		return covering, true
	}
	for _, name := range append(above(domain), "*") {
		if covering, ok = p.accepted[name]; ok {
			return covering, true
		}
	}
	return covering, false
}

// indexAccepted makes p.accepted. Of several entries that cover the same, the first counts.
func (p *Policy) indexAccepted() {
	p.accepted = map[string]AcceptedDomain{}
	add := func(name string, a AcceptedDomain) {
		if _, twice := p.accepted[name]; !twice {
			p.accepted[name] = a
		}
	}
	for _, a := range p.Accepted {
		add(a.DomainName, a)
		if a.MatchSubDomains && !strings.HasPrefix(a.DomainName, "*") {
			add("*."+a.DomainName, a)
		}
	}
}

// kind is DomainType with its default (docs/cmdlets.md "New-AcceptedDomain, …").
func (a AcceptedDomain) kind() string {
	if a.DomainType == "" {
		return Authoritative
	}
	return a.DomainType
}
