package semantics

import (
	"fmt"
	"strconv"
	"strings"
)

// space is one of the AddressSpaces of a Send connector.
type space struct {
	text string // as in the policy
	name string // what it covers: "contoso.com", "*.contoso.com", "--", "*"
	smtp bool
	cost int64
}

// readSpace reads [Local:]type:space;cost, as a policy's text has it.
// docs/routing.md "Address spaces".
func readSpace(text string) (space, error) {
	kind, rest, ok := strings.Cut(strings.TrimPrefix(text, localScope), ":")
	i := strings.LastIndexByte(rest, ';')
	if !ok || i < 0 {
		return space{}, fmt.Errorf("%q isn't an address space as in SMTP:contoso.com;1", text)
	}
	cost, err := strconv.ParseInt(rest[i+1:], 10, 64)
	return space{text: text, name: rest[:i], smtp: kind == "SMTP", cost: cost}, err
}

// localScope is how Exchange 2007 wrote a connector that serves its own site only.
const localScope = "Local:"

// The specificity of address spaces besides subtrees, of which each has one more than
// the subtree above it.
const (
	anySpace      = 1
	acceptedSpace = 2
	leastSubtree  = 3
	exactSpace    = 1000 // a domain has fewer labels
)

// specificity says how specific s is for a recipient's domain; 0: it doesn't match.
// accepted is the type of the accepted domain that covers the domain, or "".
func (s space) specificity(domain, accepted string, edge bool) int {
	// docs/routing.md "Address spaces": a type other than SMTP has no effect.
	if !s.smtp {
		return 0
	}
	// The same: "contoso.com matches that domain alone, *.contoso.com the domain and
	// everything below it, * everything". -- are the Authoritative and internal relay
	// domains, on an Edge server only. Mail for an Authoritative domain never leaves by *.
	if base, below := strings.CutPrefix(s.name, "*."); below {
		if domain == base || isBelow(domain, base) {
			return leastSubtree + strings.Count(base, ".")
		}
		return 0
	}
	switch {
	case s.name == domain:
		return exactSpace
	case s.name == "--" && edge && (accepted == Authoritative || accepted == InternalRelay):
		return acceptedSpace
	case s.name == "*" && accepted != Authoritative:
		return anySpace
	}
	return 0
}
