package routing

// Address is a mailbox. The zero Address is invalid as a mailbox and stands
// for the null reverse-path <> where a sender is meant.
type Address struct {
	local  string // unquoted
	domain Domain
}

// ParseAddress parses local-part@domain, quoted or not, without brackets.
func ParseAddress(s string) (Address, error) { return Address{}, nil }

// MustParseAddress is ParseAddress for tests; it panics.
func MustParseAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// Local returns the local part with quoting removed.
func (a Address) Local() string { return a.local }

// Domain returns the domain.
func (a Address) Domain() Domain { return a.domain }

// IsValid reports whether a is a mailbox.
func (a Address) IsValid() bool { return a.domain.IsValid() }

// String returns the address as RFC 5321 writes it, quoted where needed.
func (a Address) String() string { return a.local + "@" + a.domain.name }
