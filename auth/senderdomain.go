package auth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/routing"
)

// SenderDomain is a domain of which an [Identity] may send as any address, such as the
// domain of its tenant. It is comparable. The zero SenderDomain covers no domain.
type SenderDomain struct {
	Domain routing.Domain

	// Below covers the domains below Domain at any depth, and not Domain itself.
	Below bool
}

// ParseSenderDomain parses "contoso.com", which covers that domain only, or
// "*.contoso.com", which covers the domains below contoso.com and not contoso.com
// itself, as for accepted domains. It refuses "*": the right to send as any address of
// any domain is ms-Exch-SMTP-Accept-Any-Sender.
func ParseSenderDomain(s string) (SenderDomain, error) {
	if s == "*" {
		return SenderDomain{}, errors.New(`sender domain "*"; give contoso.com or *.contoso.com, or grant ms-Exch-SMTP-Accept-Any-Sender for all domains`)
	}
	name, below := strings.CutPrefix(s, "*.")
	d, err := routing.ParseDomain(name)
	switch {
	case err == nil && below && d.IsLiteral():
		return SenderDomain{}, fmt.Errorf("sender domain %q has a wildcard before an address literal; give the literal alone", s)
	case err != nil:
		return SenderDomain{}, fmt.Errorf("sender domain: %w; give contoso.com or *.contoso.com", err)
	}
	return SenderDomain{d, below}, nil
}

// Covers reports whether an identity that has s may send as the addresses of d.
func (s SenderDomain) Covers(d routing.Domain) bool {
	if s.Below {
		return d.IsSubdomainOf(s.Domain)
	}
	return d.IsValid() && d == s.Domain
}

// String returns the text that ParseSenderDomain parses; "" for the zero SenderDomain.
func (s SenderDomain) String() string {
	if s.Below && s.Domain.IsValid() {
		return "*." + s.Domain.String()
	}
	return s.Domain.String()
}
