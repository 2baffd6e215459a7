package routing

// AddressSpace is one entry of a Send connector's AddressSpaces,
// "SMTP:*.contoso.com;10".
type AddressSpace struct {
	typ  string
	name string
	cost uint8
	kind uint8
}

// ParseAddressSpace parses [type:]space[;cost].
func ParseAddressSpace(s string) (AddressSpace, error) { return AddressSpace{}, nil }

// MustParseAddressSpace is ParseAddressSpace for tests; it panics.
func MustParseAddressSpace(s string) AddressSpace {
	a, err := ParseAddressSpace(s)
	if err != nil {
		panic(err)
	}
	return a
}

// Type returns "SMTP", "X400" or another type.
func (a AddressSpace) Type() string { return a.typ }

// Cost returns 1 to 100.
func (a AddressSpace) Cost() int { return int(a.cost) }
