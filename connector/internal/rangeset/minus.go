package rangeset

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
)

// All returns the spans of all addresses.
func All() []Span {
	return []Span{
		{netip.AddrFrom4([4]byte{}), netip.AddrFrom4([4]byte{255, 255, 255, 255})},
		{netip.IPv6Unspecified(), netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
	}
}

// Join returns the addresses of a and of b. Spans that overlap or touch are joined.
func Join(a, b []Span) []Span { return joined(slices.Concat(a, b), true) }

// Minus returns the addresses of a that aren't in b. Both are in order, without overlaps.
func Minus(a, b []Span) []Span {
	var left []Span
	i := 0
	for _, s := range a {
		for ; i < len(b) && b[i].High.Less(s.Low); i++ {
		}
		low, rest := s.Low, true
		for j := i; j < len(b) && rest && !s.High.Less(b[j].Low); j++ {
			if low.Less(b[j].Low) {
				left = append(left, Span{low, b[j].Low.Prev()})
			}
			rest = b[j].High.Less(s.High)
			low = b[j].High.Next()
		}
		if rest {
			left = append(left, Span{low, s.High})
		}
	}
	return left
}

// Intersect returns the addresses that are in a and in b. Both are in order, without overlaps.
func Intersect(a, b []Span) []Span { return Minus(a, Minus(a, b)) }

// Ranges returns spans as ranges, in the shortest form of each.
func Ranges(spans []Span) []param.Range {
	out := make([]param.Range, 0, len(spans))
	for _, s := range spans {
		text := s.Low.String() + "-" + s.High.String()
		if s.Low == s.High {
			text = s.Low.String()
		}
		r, err := param.ParseRange(text)
		if err != nil {
			continue // the spans of ranges are ranges
		}
		if p, one := single(r); one && s.Low != s.High {
			if prefix, err := param.ParseRange(p.String()); err == nil {
				r = prefix
			}
		}
		out = append(out, r)
	}
	return out
}

// single returns the prefix that holds exactly the addresses of a range, if one does.
func single(r param.Range) (only netip.Prefix, one bool) {
	n := 0
	for p := range r.Prefixes() {
		if only, n = p, n+1; n > 1 {
			return netip.Prefix{}, false
		}
	}
	return only, n == 1
}
