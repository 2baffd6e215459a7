package param

import (
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// Range is one element of RemoteIPRanges: an address, a-b, or CIDR. It keeps
// the form it was written in, because administrators know their ranges by it.
// Ranges are comparable: equal Ranges were written alike; [Range.Same] tells
// whether two hold the same addresses. The zero Range is invalid and holds no
// address.
type Range struct {
	first netip.Addr // as written; the host bits of CIDR may be set
	last  netip.Addr // the highest address held
	form  rangeForm
	bits  uint8 // prefix length, for CIDR and mask
}

// rangeForm is how a Range was written.
type rangeForm uint8

const (
	formNone rangeForm = iota
	formSingle
	formSpan // a-b
	formCIDR // a/bits
	formMask // a(255.255.255.0)
)

// ParseRange parses one element of RemoteIPRanges:
//
//	192.0.2.1                  one address
//	192.0.2.10-192.0.2.90      any first and last address of one family
//	192.0.2.1/24               CIDR; host bits may be set
//	192.0.2.0(255.255.255.0)   an IPv4 network with its mask
//
// IPv4-mapped IPv6 addresses are the IPv4 addresses they stand for. IPv6 zone
// ids (fe80::1%11), which Exchange accepts, are refused: the number names a
// network adapter of one machine, and a range that ignored it would hold more
// than it says.
func ParseRange(s string) (Range, error) {
	t := strings.TrimSpace(s)
	switch {
	case strings.Contains(t, "%"):
		return Range{}, rangeError(s, "a range has no zone; write the address without %")
	case strings.Contains(t, "-"):
		return parseSpan(s, t)
	case strings.Contains(t, "/"):
		return parseCIDR(s, t)
	case strings.Contains(t, "("):
		return parseMask(s, t)
	case t == "*":
		return Range{}, rangeError(s, "for every IPv4 address write 0.0.0.0-255.255.255.255")
	}
	a, err := netip.ParseAddr(t)
	if err != nil {
		return Range{}, rangeError(s, "give an address, first-last, or address/bits")
	}
	return RangeOf(a), nil
}

// MustParseRange is ParseRange for tests; it panics.
func MustParseRange(s string) Range { return must(ParseRange(s)) }

// RangeOf returns the range of a single address, without its zone. It is
// invalid if a is.
func RangeOf(a netip.Addr) Range {
	if !a.IsValid() {
		return Range{}
	}
	a = plain(a)
	return Range{first: a, last: a, form: formSingle}
}

func parseSpan(s, t string) (Range, error) {
	from, to, _ := strings.Cut(t, "-")
	first, err := netip.ParseAddr(strings.TrimSpace(from))
	if err != nil {
		return Range{}, rangeError(s, "the first address is malformed")
	}
	last, err := netip.ParseAddr(strings.TrimSpace(to))
	if err != nil {
		return Range{}, rangeError(s, "the last address is malformed; write it in full")
	}
	first, last = first.Unmap(), last.Unmap()
	if first.BitLen() != last.BitLen() {
		return Range{}, rangeError(s, "both ends must be of one family, IPv4 or IPv6")
	}
	if last.Less(first) {
		return Range{}, rangeError(s, fmt.Sprintf("the ends are the wrong way round; write %s-%s", last, first))
	}
	return Range{first: first, last: last, form: formSpan}, nil
}

func parseCIDR(s, t string) (Range, error) {
	p, err := netip.ParsePrefix(t)
	if err != nil {
		return Range{}, rangeError(s, "CIDR is address/bits with at most 32 bits for IPv4, 128 for IPv6")
	}
	a, n := p.Addr(), p.Bits()
	if a.Is4In6() {
		if n < 96 {
			return Range{}, rangeError(s, "an IPv4-mapped prefix has 96 bits or more; write the IPv4 prefix")
		}
		a, n = a.Unmap(), n-96
	}
	return prefixRange(a, n, formCIDR), nil
}

func parseMask(s, t string) (Range, error) {
	address, rest, _ := strings.Cut(t, "(")
	text, ok := strings.CutSuffix(rest, ")")
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	mask, maskErr := netip.ParseAddr(strings.TrimSpace(text))
	if !ok || err != nil || maskErr != nil || !a.Is4() || !mask.Is4() {
		return Range{}, rangeError(s, "the form with a mask is 192.0.2.0(255.255.255.0)")
	}
	m := uint32(addrNumber(mask).lo)
	n := bits.LeadingZeros32(^m)
	if m<<n != 0 {
		return Range{}, rangeError(s, "the mask must be ones followed by zeros")
	}
	return prefixRange(a, n, formMask), nil
}

func prefixRange(a netip.Addr, n int, form rangeForm) Range {
	last := addrNumber(a).or(lowMask(a.BitLen() - n)).addr(a)
	return Range{first: a, last: last, form: form, bits: uint8(n)}
}

// plain is the form in which addresses are compared: without zone, and
// IPv4-mapped IPv6 as IPv4.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func rangeError(s, detail string) error {
	return fmt.Errorf("range %q: %s", s, detail)
}

// IsValid reports whether r is not the zero Range.
func (r Range) IsValid() bool { return r.form != formNone }

// Low returns the lowest address of r; invalid for the zero Range.
func (r Range) Low() netip.Addr {
	if r.form == formCIDR || r.form == formMask {
		return addrNumber(r.first).andNot(lowMask(r.first.BitLen() - int(r.bits))).addr(r.first)
	}
	return r.first
}

// High returns the highest address of r; invalid for the zero Range.
func (r Range) High() netip.Addr { return r.last }

// Contains reports whether a is in r. IPv4-mapped IPv6 is IPv4, and a zone
// doesn't matter.
func (r Range) Contains(a netip.Addr) bool {
	a = plain(a)
	return r.IsValid() && a.BitLen() == r.first.BitLen() && !a.Less(r.Low()) && !r.last.Less(a)
}

// Covers reports whether every address of o is in r. Nothing covers the zero
// Range.
func (r Range) Covers(o Range) bool { return r.Contains(o.Low()) && r.Contains(o.last) }

// Overlaps reports whether some address is in both.
func (r Range) Overlaps(o Range) bool {
	return r.IsValid() && o.IsValid() && r.first.BitLen() == o.first.BitLen() &&
		!o.last.Less(r.Low()) && !r.last.Less(o.Low())
}

// Same reports whether r and o hold the same addresses, however written.
func (r Range) Same(o Range) bool { return r.last == o.last && r.Low() == o.Low() }

// Narrower reports whether r holds fewer addresses than o, as "more specific" means
// in the choice of a Receive connector.
func (r Range) Narrower(o Range) bool { return r.extent().cmp(o.extent()) < 0 }

// Compare orders ranges by how specific they are: fewer addresses first, then
// IPv4 before IPv6, then the lower first address. It is 0 for ranges that hold
// the same addresses. The zero Range comes first.
func (r Range) Compare(o Range) int {
	if c := r.extent().cmp(o.extent()); c != 0 {
		return c
	}
	return r.Low().Compare(o.Low())
}

// extent is the number of addresses less one, which for ::/0 still fits.
func (r Range) extent() uint128 {
	if !r.IsValid() {
		return uint128{}
	}
	return addrNumber(r.last).sub(addrNumber(r.Low()))
}

// Prefixes returns the fewest prefixes that together hold exactly the
// addresses of r, lowest first: at most 62 for IPv4 and 254 for IPv6.
func (r Range) Prefixes() iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		if !r.IsValid() {
			return
		}
		width := r.first.BitLen()
		low, high := addrNumber(r.Low()), addrNumber(r.last)
		for {
			// The largest block that starts at low is as big as low is
			// aligned, unless it would reach beyond high.
			n := min(low.trailingZeros(), width)
			for low.or(lowMask(n)).cmp(high) > 0 {
				n--
			}
			if !yield(netip.PrefixFrom(low.addr(r.first), width-n)) {
				return
			}
			end := low.or(lowMask(n))
			if end == high {
				return
			}
			low = end.inc()
		}
	}
}

// String returns r in the form it was written in.
func (r Range) String() string {
	switch r.form {
	case formSingle:
		return r.first.String()
	case formSpan:
		return r.first.String() + "-" + r.last.String()
	case formCIDR:
		return r.first.String() + "/" + strconv.Itoa(int(r.bits))
	case formMask:
		mask := uint128{0, uint64(^uint32(lowMask(32 - int(r.bits)).lo))}
		return r.first.String() + "(" + mask.addr(r.first).String() + ")"
	}
	return "invalid range"
}

// MarshalText implements [encoding.TextMarshaler].
func (r Range) MarshalText() ([]byte, error) {
	if !r.IsValid() {
		return nil, errors.New("the zero Range has no text")
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Range) UnmarshalText(text []byte) error { return unmarshal(r, ParseRange, text) }
