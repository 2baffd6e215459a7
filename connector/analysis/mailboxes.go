package analysis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/routing"
)

// Mailboxes is a set of addresses in a Question: one address, those of a domain, those of
// a domain and of all domains below it, or all of them. It is comparable. The zero
// Mailboxes is the null sender.
type Mailboxes struct {
	address routing.Address
	domain  routing.Domain
	below   bool // the domains below, too
	all     bool
}

// ParseMailboxes parses "contoso.com", "*.contoso.com", which is contoso.com and the
// domains below it as in an address space, "ann@contoso.com", "*" for all domains, or
// "<>" for the null sender.
func ParseMailboxes(s string) (m Mailboxes, err error) {
	t := strings.TrimSpace(s)
	switch {
	case t == "<>":
		return m, nil
	case t == "*":
		return Mailboxes{all: true}, nil
	case strings.Contains(t, "@"):
		if m.address, err = routing.ParseAddress(t); err == nil && !m.address.IsASCII() {
			err = fmt.Errorf("address %q: only addresses in ASCII can be asked about", s)
		}
		return m, err
	}
	name, below := strings.CutPrefix(t, "*.")
	if m.domain, err = routing.ParseDomain(name); err != nil {
		return Mailboxes{}, fmt.Errorf("%w; give contoso.com, *.contoso.com, an address, or * for all", err)
	}
	if m.below = below; below && m.domain.IsLiteral() {
		return Mailboxes{}, errors.New("an address literal takes no wildcard")
	}
	return m, nil
}

// MustParseMailboxes is ParseMailboxes for tests; it panics.
func MustParseMailboxes(s string) Mailboxes {
	m, err := ParseMailboxes(s)
	if err != nil {
		panic(err)
	}
	return m
}

// IsNull reports whether m is the null sender.
func (m Mailboxes) IsNull() bool { return m == Mailboxes{} }

// Covers reports whether a is one of the addresses. The zero Address is the null sender.
func (m Mailboxes) Covers(a routing.Address) bool {
	switch {
	case m.IsNull():
		return a.IsNull()
	case m.address.IsValid():
		return m.address.EqualFold(a)
	}
	return a.IsValid() && m.coversDomain(a.Domain())
}

// coversDomain reports whether m has the addresses of a domain.
func (m Mailboxes) coversDomain(d routing.Domain) bool {
	return m.all || m.domain.IsValid() && (d == m.domain || m.below && d.IsSubdomainOf(m.domain))
}

// name returns the domain that m names; the zero Domain if it names none.
func (m Mailboxes) name() routing.Domain {
	if m.address.IsValid() {
		return m.address.Domain()
	}
	return m.domain
}

// String returns the text that ParseMailboxes parses.
func (m Mailboxes) String() string {
	switch {
	case m.IsNull():
		return "<>"
	case m.all:
		return "*"
	case m.address.IsValid():
		return m.address.String()
	case m.below:
		return "*." + m.domain.String()
	}
	return m.domain.String()
}
