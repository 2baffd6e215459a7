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
	best := -1
	for _, a := range p.Accepted {
		if n := a.precedence(domain); n > best {
			covering, best = a, n
		}
	}
	return covering, best >= 0
}

// precedence says how well a covers a domain; -1 if it doesn't.
func (a AcceptedDomain) precedence(domain string) int {
	name, wildcard := strings.CutPrefix(a.DomainName, "*.")
	switch {
	case name == "*":
		return 0
	case !wildcard && name == domain:
		return 1 + len(domain)
	case (wildcard || a.MatchSubDomains) && isBelow(domain, name):
		return len(name)
	}
	return -1
}

// kind is DomainType with its default (docs/cmdlets.md "New-AcceptedDomain, …").
func (a AcceptedDomain) kind() string {
	if a.DomainType == "" {
		return Authoritative
	}
	return a.DomainType
}
