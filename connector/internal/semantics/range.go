package semantics

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// Range is a range of addresses of one family, both ends included. An IPv4-mapped IPv6
// address is an IPv4 address.
type Range struct{ Low, High netip.Addr }

// parseRange reads a range: an address, two addresses, or CIDR, in which host bits may
// be set and the number of bits may be a mask, as in 10.0.0.1(255.255.0.0).
// docs/receive.md "Which connector takes a connection".
func parseRange(text string) (Range, error) {
	r, err := readRange(text)
	switch {
	case err != nil:
		return Range{}, fmt.Errorf("%q isn't a range: %w", text, err)
	case r.Low.BitLen() != r.High.BitLen() || r.High.Less(r.Low):
		return Range{}, fmt.Errorf("%q isn't a range: the second address is below the first, or of another family", text)
	}
	return r, nil
}

func readRange(text string) (Range, error) {
	if low, high, ok := strings.Cut(text, "-"); ok {
		a, err := netip.ParseAddr(low)
		if err != nil {
			return Range{}, err
		}
		b, err := netip.ParseAddr(high)
		return Range{plain(a), plain(b)}, err
	}
	host, length := text, ""
	if before, after, ok := strings.Cut(text, "/"); ok {
		host, length = before, after
	} else if before, mask, ok := strings.Cut(text, "("); ok {
		n, err := maskBits(strings.TrimSuffix(mask, ")"))
		if err != nil {
			return Range{}, err
		}
		host, length = before, strconv.Itoa(n)
	}
	a, err := netip.ParseAddr(host)
	if err != nil || length == "" {
		return Range{plain(a), plain(a)}, err
	}
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > a.BitLen() {
		return Range{}, fmt.Errorf("an address doesn't have %s bits", length)
	}
	return Range{end(a, n, 0x00), end(a, n, 0xff)}, nil
}

// end returns a with all bits but the first n replaced by those of fill.
func end(a netip.Addr, n int, fill byte) netip.Addr {
	b := a.AsSlice()
	for i := range b {
		kept := min(max(n-8*i, 0), 8)
		mask := byte(0xff >> kept)
		b[i] = b[i]&^mask | fill&mask
	}
	a, _ = netip.AddrFromSlice(b)
	return plain(a)
}

// maskBits returns the number of bits that a mask such as 255.255.0.0 has.
func maskBits(mask string) (int, error) {
	for n := range 33 {
		if all := netip.AddrFrom4([4]byte{255, 255, 255, 255}); end(all, n, 0).String() == mask {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%s isn't a mask", mask)
}

// contains reports whether a, of the same family, lies between the ends.
func (r Range) contains(a netip.Addr) bool {
	return r.Low.BitLen() == a.BitLen() && !a.Less(r.Low) && !r.High.Less(a)
}

// extent is the number of addresses in a range, less one.
type extent struct{ high, low uint64 }

// extent returns the extent of r.
func (r Range) extent() (n extent) {
	first, last := r.Low.As16(), r.High.As16()
	var borrow uint64
	n.low, borrow = bits.Sub64(binary.BigEndian.Uint64(last[8:]), binary.BigEndian.Uint64(first[8:]), 0)
	n.high, _ = bits.Sub64(binary.BigEndian.Uint64(last[:8]), binary.BigEndian.Uint64(first[:8]), borrow)
	return n
}

func (n extent) compare(m extent) int {
	return cmp.Or(cmp.Compare(n.high, m.high), cmp.Compare(n.low, m.low))
}
