package partition

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
)

// Span is an interval of addresses, Low to High, both of one family.
type Span struct{ Low, High netip.Addr }

// Contains reports whether a is in s.
func (s Span) Contains(a netip.Addr) bool {
	a = plain(a)
	return a.BitLen() == s.Low.BitLen() && !a.Less(s.Low) && !s.High.Less(a)
}

// Range returns s as an element of RemoteIPRanges: an address, CIDR if s is a
// block, or first-last.
func (s Span) Range() param.Range {
	text := s.Low.String()
	if s.Low != s.High {
		text += "-" + s.High.String()
	}
	r, err := param.ParseRange(text)
	if err != nil {
		return param.Range{} // ends of two families, which no Span has
	}
	for p := range r.Prefixes() {
		if s.Low != s.High && p.Addr() == s.Low && lastOf(p) == s.High {
			return param.MustParseRange(p.String())
		}
		break
	}
	return r
}

// String returns the text of Range.
func (s Span) String() string { return s.Range().String() }

// lastOf is the highest address of p.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Last returns the highest address of a's family.
func Last(a netip.Addr) netip.Addr { return lastOf(netip.PrefixFrom(a, 0)) }

// examples are addresses that readers know as examples (RFC 5737, RFC 3849).
var examples = [...]netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8::99")}

// example reports whether a is one of the examples.
func example(a netip.Addr) bool { return a == examples[0] || a == examples[1] }

// Within returns the part of s that lies in r; ok is false if no address does.
func (s Span) Within(r param.Range) (part Span, ok bool) {
	if s.Low.BitLen() != r.Low().BitLen() {
		return Span{}, false
	}
	part = s
	if part.Low.Less(r.Low()) {
		part.Low = r.Low()
	}
	if r.High().Less(part.High) {
		part.High = r.High()
	}
	return part, !part.High.Less(part.Low)
}

// Witness returns an address of s that a client can have, or the zero Addr: the
// IPv4-mapped addresses within IPv6 are IPv4. If possible it is an example, or
// else neither in 0.0.0.0/8, which no host has (RFC 1122 section 3.2.1.3), nor the
// first of a network.
func (s Span) Witness() netip.Addr {
	for _, a := range examples {
		if s.Contains(a) {
			return a
		}
	}
	low := s.Low
	switch {
	case low.Is4In6():
		if behind := lastOf(netip.MustParsePrefix("::ffff:0:0/96")).Next(); !s.High.Less(behind) {
			return behind
		}
		return netip.Addr{}
	case low.Is4() && low.As4()[0] == 0 && s.Contains(netip.AddrFrom4([4]byte{1, 0, 0, 1})):
		return netip.AddrFrom4([4]byte{1, 0, 0, 1})
	}
	if octets := low.AsSlice(); octets[len(octets)-1] == 0 && low.Less(s.High) {
		return low.Next()
	}
	return low
}

// Join returns spans that hold the same addresses as the given ones, sorted,
// as few as possible. It reorders its argument.
func Join(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Low.BitLen(), b.Low.BitLen()), a.Low.Compare(b.Low))
	})
	var joined []Span
	for _, s := range spans {
		if n := len(joined) - 1; n >= 0 && joined[n].Low.BitLen() == s.Low.BitLen() {
			if next := joined[n].High.Next(); !next.IsValid() || !next.Less(s.Low) {
				if joined[n].High.Less(s.High) {
					joined[n].High = s.High
				}
				continue
			}
		}
		joined = append(joined, s)
	}
	return joined
}

// Listener is a set of local addresses with the same answers for every client.
type Listener struct {
	// Local has the bindings. An unspecified address stands for all addresses
	// of its family that no other binding to that port names.
	Local   []netip.AddrPort
	Witness netip.AddrPort // one such address
	// Implicit is set where connections begin with TLS.
	Implicit bool
	Cells    []Interval // all clients of the family, ascending
}

// Interval is a set of clients that one connector serves, as few and as long spans
// as possible.
type Interval struct {
	Span
	Witness netip.Addr
	In      [2]*connector.Inbound // of each policy; nil: the connection is refused
}

// Intervals returns the local addresses that at least one of the policies serves,
// and which Receive connector serves which clients there under each. It joins
// equal listeners.
func Intervals(a, b *connector.Policy) []Listener {
	policies := [2]*connector.Policy{a, b}
	bound := map[netip.AddrPort]*[2][]*connector.Inbound{}
	var bindings []netip.AddrPort
	for i, p := range policies {
		for in := range p.Receive() {
			if !in.Settings().Enabled.Or(true) {
				continue
			}
			for _, binding := range in.Settings().Bindings {
				at := netip.AddrPortFrom(plain(binding.Addr()), binding.Port())
				if bound[at] == nil {
					bound[at] = new([2][]*connector.Inbound)
					bindings = append(bindings, at)
				}
				bound[at][i] = append(bound[at][i], in)
			}
		}
	}
	slices.SortFunc(bindings, netip.AddrPort.Compare)
	var listeners []Listener
	same := map[string]int{}
	for _, at := range bindings {
		here := candidates(bound, at)
		implicit := order.ImplicitTLS(at)
		key := fmt.Sprint(at.Addr().Is4(), implicit, here) // the connectors by their addresses in memory
		if i, ok := same[key]; ok {
			listeners[i].Local = append(listeners[i].Local, at)
			continue
		}
		same[key] = len(listeners)
		l := Listener{Local: []netip.AddrPort{at}, Witness: at, Implicit: implicit}
		if at.Addr().IsUnspecified() {
			l.Witness = otherAddress(at, func(x netip.AddrPort) bool { return bound[x] != nil })
		}
		l.Cells = l.cells(policies, here)
		listeners = append(listeners, l)
	}
	return listeners
}

// candidates returns the connectors of each policy that may serve clients of
// at: those bound to it, and those bound to all addresses.
func candidates(bound map[netip.AddrPort]*[2][]*connector.Inbound, at netip.AddrPort) [2][]*connector.Inbound {
	here := *bound[at]
	everywhere := netip.IPv6Unspecified()
	if at.Addr().Is4() {
		everywhere = netip.IPv4Unspecified()
	}
	if all := bound[netip.AddrPortFrom(everywhere, at.Port())]; all != nil && !at.Addr().IsUnspecified() {
		for i := range here {
			// The specific bindings go first, so that a wildcard alone differs from
			// a wildcard beside a specific binding.
			here[i] = append(append(slices.Clip(here[i]), nil), all[i]...)
		}
	}
	return here
}

// otherAddress returns a local address of the family of at that isn't named.
func otherAddress(at netip.AddrPort, named func(netip.AddrPort) bool) netip.AddrPort {
	a := netip.MustParseAddr("2001:db8::1") // RFC 3849
	if at.Addr().Is4() {
		a = netip.MustParseAddr("192.0.2.1") // RFC 5737
	}
	for named(netip.AddrPortFrom(a, at.Port())) {
		a = a.Next()
	}
	return netip.AddrPortFrom(a, at.Port())
}

// cells cuts the clients of l where ranges begin and end, asks the policies about
// each piece, and joins neighbours with equal answers.
func (l *Listener) cells(policies [2]*connector.Policy, here [2][]*connector.Inbound) []Interval {
	first := netip.IPv6Unspecified()
	if l.Witness.Addr().Is4() {
		first = netip.IPv4Unspecified()
	}
	cuts := []netip.Addr{first}
	for _, list := range here {
		for _, in := range list {
			if in == nil {
				continue
			}
			for _, r := range in.Settings().RemoteIPRanges {
				if r.Low().BitLen() != first.BitLen() {
					continue
				}
				cuts = append(cuts, r.Low())
				if next := r.High().Next(); next.IsValid() {
					cuts = append(cuts, next)
				}
			}
		}
	}
	slices.SortFunc(cuts, netip.Addr.Compare)
	cuts = slices.Compact(cuts)
	var cells []Interval
	for i, low := range cuts {
		high := Last(first)
		if i+1 < len(cuts) {
			high = cuts[i+1].Prev()
		}
		cell := Interval{Span: Span{low, high}}
		if cell.Witness = cell.Span.Witness(); !cell.Witness.IsValid() {
			continue
		}
		for i, p := range policies {
			cell.In[i] = p.Select(l.Witness, cell.Witness, nil)
		}
		if n := len(cells) - 1; n >= 0 && cells[n].In == cell.In {
			cells[n].High = cell.High
			if example(cell.Witness) {
				cells[n].Witness = cell.Witness
			}
			continue
		}
		cells = append(cells, cell)
	}
	return cells
}

// plain is the form in which addresses are compared.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
