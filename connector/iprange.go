package connector

import "net/netip"

// Range is one element of RemoteIPRanges: an address, a-b, or CIDR. The zero
// Range is invalid and holds no address.
type Range struct {
	low, high netip.Addr
	form      uint8 // how it was written, kept for printing
	bits      uint8
}

// ParseRange parses one element.
func ParseRange(s string) (Range, error) { return Range{}, nil }

// MustParseRange is ParseRange for tests; it panics.
func MustParseRange(s string) Range {
	r, err := ParseRange(s)
	if err != nil {
		panic(err)
	}
	return r
}
