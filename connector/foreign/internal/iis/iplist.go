package iis

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/bits"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
)

// addressList is a list of addresses that are granted or denied something, as IPSecurity and
// RelayIpList have it.
type addressList struct {
	granted, denied []rangeset.Span
}

// errAddressList is returned for lists in another form than that of parseAddresses.
var errAddressList = errors.New("the list of addresses has a form that isn't known")

// The sizes of the parts of a list in bytes.
const (
	listHeader    = 24
	sectionHeader = 8
	group         = 20
	word          = 4
)

// parseAddresses reads a list of addresses in hexadecimal digits. Microsoft doesn't document the
// form; it is known from lists that administrators have published. All numbers are of four bytes,
// the least significant first:
//
//   - a header: the places of four sections, with the highest bit set; 1; and the place where
//     the addresses begin;
//   - sections for addresses denied, addresses granted, names denied, and names granted: the number of
//     groups and of their elements, and for each group 2, one more than its elements, 4, 0, and the
//     place of its mask, with the highest bit set;
//   - the mask of each group and its addresses, the most significant byte first.
//
// A list in which anything differs is refused, and so is one with names.
func parseAddresses(text string) (list addressList, err error) {
	data, err := hex.DecodeString(text)
	if err != nil || len(data) < listHeader+4*sectionHeader || len(data)%word != 0 {
		return list, errAddressList
	}
	number := func(at int) int { return int(binary.LittleEndian.Uint32(data[at:])) & 0x7fffffff }
	const begin = 5 * word
	if number(4*word) != 1 || number(begin) > len(data) || number(begin) < listHeader+4*sectionHeader {
		return list, errAddressList
	}
	at, next := listHeader, number(begin) // of the section, and of the addresses that aren't read yet
	for i := range 4 {
		if number(i*word) != at || at+sectionHeader > number(begin) {
			return list, errAddressList
		}
		groups, elements := number(at), number(at+word)
		at += sectionHeader
		if groups > maxElements || at+groups*group > number(begin) || i >= 2 && groups+elements > 0 {
			return list, errAddressList
		}
		var spans []rangeset.Span
		for range groups {
			count := number(at+word) - 1
			if number(at) != 2 || count < 1 || count > min(elements, maxElements) || number(at+2*word) != word || number(at+4*word) != next || next+(count+1)*word > len(data) {
				return list, errAddressList
			}
			found, ok := members(data[next : next+(count+1)*word])
			if !ok {
				return list, errAddressList
			}
			spans = append(spans, found...)
			elements -= count
			next += (count + 1) * word
			at += group
		}
		if elements != 0 {
			return list, errAddressList
		}
		switch spans = rangeset.Join(spans, nil); i {
		case 0:
			list.denied = spans
		case 1:
			list.granted = spans
		}
	}
	if at != number(begin) || next != len(data) {
		return list, errAddressList
	}
	return list, nil
}

// members returns the networks of a group: its mask, and their addresses.
func members(data []byte) ([]rangeset.Span, bool) {
	mask := binary.BigEndian.Uint32(data)
	if mask == 0 || bits.LeadingZeros32(^mask)+bits.TrailingZeros32(mask) != 32 {
		return nil, false
	}
	var out []rangeset.Span
	for at := word; at < len(data); at += word {
		low := binary.BigEndian.Uint32(data[at:])
		if low&^mask != 0 {
			return nil, false
		}
		out = append(out, rangeset.Span{Low: address(low), High: address(low | ^mask)})
	}
	return out, true
}

// address returns the IPv4 address of a number.
func address(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}
