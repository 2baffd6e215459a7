// Package rangeset treats a list of remote ranges as the set of addresses that it
// holds, however the list is cut and ordered.
//
// [Union] returns the set as spans; [KeyOf] returns equal keys for lists that hold
// the same addresses of a family, so that connectors with the same clients can be
// found by a map. [Join], [Minus] and [Intersect] work on sets, and [Ranges] turns one into
// ranges again.
package rangeset

import (
	"crypto/sha256"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Span is all addresses from Low to High, both of one family.
type Span struct{ Low, High netip.Addr }

// Compare orders spans by their first address, the longer first.
func (s Span) Compare(t Span) int {
	if c := s.Low.Compare(t.Low); c != 0 {
		return c
	}
	return t.High.Compare(s.High)
}

// Union returns the addresses of ranges as spans in order. Ranges that overlap
// are joined, those that only touch are not.
func Union(ranges []param.Range) []Span { return union(ranges, false) }

// union is Union; adjacent joins also spans that only touch.
func union(ranges []param.Range, adjacent bool) []Span {
	spans := make([]Span, 0, len(ranges))
	for _, r := range ranges {
		if r.IsValid() {
			spans = append(spans, Span{r.Low(), r.High()})
		}
	}
	return joined(spans, adjacent)
}

// joined puts spans in order and joins those that overlap; adjacent joins also those that only
// touch.
func joined(spans []Span, adjacent bool) []Span {
	slices.SortFunc(spans, Span.Compare)
	out := spans[:0]
	for _, s := range spans {
		if n := len(out) - 1; n >= 0 && out[n].Low.BitLen() == s.Low.BitLen() &&
			(!out[n].High.Less(s.Low) || adjacent && out[n].High.Next() == s.Low) {
			if out[n].High.Less(s.High) {
				out[n].High = s.High
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// Key stands for the addresses of one family that a list of ranges holds. Keys
// are comparable.
type Key [sha256.Size]byte

// Empty is the key of lists that hold no address of the family.
var Empty = KeyOf(nil, true)

// KeyOf returns the key of ranges for IPv4 or else for IPv6.
func KeyOf(ranges []param.Range, ipv4 bool) Key {
	hash := sha256.New()
	for _, s := range union(ranges, true) {
		if s.Low.Is4() != ipv4 {
			continue
		}
		low, high := s.Low.As16(), s.High.As16()
		hash.Write(low[:])
		hash.Write(high[:])
	}
	return Key(hash.Sum(nil))
}
