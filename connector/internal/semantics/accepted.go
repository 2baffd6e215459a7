package semantics

import "strings"

// The types of accepted domains that decide something.
const (
	authoritative = "Authoritative"
	internalRelay = "InternalRelay"
)

// acceptedType returns the type of the accepted domain that covers a domain; "" if none
// does.
func (p *Policy) acceptedType(domain string) string {
	if a, ok := p.acceptedDomain(domain); ok {
		return a.kind()
	}
	return ""
}

// acceptedDomain returns the accepted domain that covers a domain.
// docs/receive.md "Accepted domains": the domain's own entry comes first, then
// the entry of the nearest domain above it that covers what is below, then "*".
func (p *Policy) acceptedDomain(domain string) (covering acceptedDomain, ok bool) {
	best := -1
	for _, a := range p.Accepted {
		if n := a.precedence(domain); n > best {
			covering, best = a, n
		}
	}
	return covering, best >= 0
}

// precedence says how well a covers a domain; -1 if it doesn't.
func (a acceptedDomain) precedence(domain string) int {
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
func (a acceptedDomain) kind() string {
	if a.DomainType == "" {
		return authoritative
	}
	return a.DomainType
}
