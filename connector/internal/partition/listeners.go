package partition

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
)

// Listener is a set of local addresses with the same answers for every client.
type Listener struct {
	// Local has the bindings. An unspecified address stands for all addresses
	// of its family that no other binding to that port names.
	Local   []netip.AddrPort
	Witness netip.AddrPort // one such address
	// Implicit is set where connections begin with TLS.
	Implicit bool
	Cells    []Interval // all clients of the family, ascending; see Other
	// Other is the listener for all addresses of the family, if it answers clients that are in
	// none of Cells: these are only the clients of ranges of connectors that are bound to the
	// very addresses. Nil from Intervals.
	Other *Listener
}

// Interval is a set of clients that one connector serves, as few and as long spans
// as possible.
type Interval struct {
	Span
	Witness netip.Addr
	In      [2]*connector.Inbound // of each policy; nil: the connection is refused
}

// Claimed returns the clients of Cells.
func (l *Listener) Claimed() []Span {
	spans := make([]Span, len(l.Cells))
	for i := range l.Cells {
		spans[i] = l.Cells[i].Span
	}
	return Join(spans)
}

// Intervals returns the local addresses that at least one of the policies serves,
// and which Receive connector serves which clients there under each. It joins
// equal listeners. The result is incomplete if the effort is exceeded.
func Intervals(a, b *connector.Policy, effort *Effort) []Listener {
	shared := SharedIntervals(a, b, effort)
	all := make([]Listener, len(shared))
	for i := range shared {
		all[i] = shared[i]
		if l := &all[i]; l.Other != nil && !effort.Exceeded() {
			l.Cells, l.Other = shared[i].withOther(), nil
			effort.Keep(len(l.Cells))
		}
	}
	return all
}

// withOther returns the cells of l and, between them, those of l.Other.
func (l *Listener) withOther() []Interval {
	claimed := l.Claimed()
	all := slices.Clone(l.Cells)
	for _, cell := range l.Other.Cells {
		for _, span := range Without([]Span{cell.Span}, claimed) {
			part := Interval{Span: span, Witness: span.Witness(), In: cell.In}
			if part.Witness.IsValid() {
				all = append(all, part)
			}
		}
	}
	slices.SortFunc(all, func(a, b Interval) int { return a.Low.Compare(b.Low) })
	var cells []Interval
	for _, cell := range all {
		cells = appendCell(cells, cell, true)
	}
	return cells
}

// appendCell appends a cell, or joins it with the last one if that touches it.
func appendCell(cells []Interval, cell Interval, touches bool) []Interval {
	if n := len(cells) - 1; n >= 0 && touches && cells[n].In == cell.In {
		cells[n].High = cell.High
		if example(cell.Witness) {
			cells[n].Witness = cell.Witness
		}
		return cells
	}
	return append(cells, cell)
}

// bound is the connectors of each policy that are bound to a local address.
type bound [2][]*connector.Inbound

// boundTo returns the enabled connectors by local address, and these addresses, ascending.
func boundTo(policies [2]*connector.Policy) (map[netip.AddrPort]*bound, []netip.AddrPort) {
	at := map[netip.AddrPort]*bound{}
	var all []netip.AddrPort
	for i, p := range policies {
		for in := range p.Receive() {
			if !in.Settings().Enabled.Or(true) {
				continue
			}
			for _, binding := range in.Settings().Bindings {
				local := netip.AddrPortFrom(plain(binding.Addr()), binding.Port())
				if at[local] == nil {
					at[local] = &bound{}
					all = append(all, local)
				}
				at[local][i] = append(at[local][i], in)
			}
		}
	}
	slices.SortFunc(all, netip.AddrPort.Compare) // those for all addresses of a family come first
	return at, all
}

// everywhere returns the local address that stands for all of the family of at.
func everywhere(at netip.AddrPort) netip.AddrPort {
	if at.Addr().Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())
}

// SharedIntervals is Intervals with Other: where connectors are bound to many addresses and to
// all, the result is much smaller.
func SharedIntervals(a, b *connector.Policy, effort *Effort) []Listener {
	policies := [2]*connector.Policy{a, b}
	at, bindings := boundTo(policies)
	var listeners []Listener
	var others []int // by listener, the place of Other; -1: it has none
	same := map[string]int{}
	place := map[netip.AddrPort]int{}
	for _, local := range bindings {
		other := -1
		if i, ok := place[everywhere(local)]; ok && !local.Addr().IsUnspecified() {
			other = i
		}
		implicit := order.ImplicitTLS(local)
		key := fmt.Sprint(local.Addr().Is4(), implicit, other, *at[local]) // the connectors by their addresses in memory
		i, ok := same[key]
		if !ok {
			i = len(listeners)
			same[key] = i
			l := Listener{Witness: local, Implicit: implicit}
			if local.Addr().IsUnspecified() {
				l.Witness = otherAddress(local, func(x netip.AddrPort) bool { return at[x] != nil })
			}
			c := cutter{policies, at[local], nil, effort}
			if other >= 0 {
				c.other = &listeners[other]
			}
			l.Cells = c.cells(l.Witness)
			listeners, others = append(listeners, l), append(others, other)
		}
		listeners[i].Local = append(listeners[i].Local, local)
		place[local] = i
	}
	for i, other := range others {
		if other >= 0 {
			listeners[i].Other = &listeners[other]
		}
	}
	return listeners
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

// cutter makes the cells of a listener.
type cutter struct {
	policies [2]*connector.Policy
	own      *bound    // the connectors bound to the very addresses
	other    *Listener // nil: the cells are about all clients
	effort   *Effort
}

// cells cuts the clients where ranges begin and end, asks the policies about
// each piece, and joins neighbours with equal answers.
func (c *cutter) cells(local netip.AddrPort) []Interval {
	first := everywhere(local).Addr()
	var claims [2][]Span // of the policies
	for i, list := range c.own {
		for _, in := range list {
			for _, r := range in.Settings().RemoteIPRanges {
				if r.Low().BitLen() == first.BitLen() {
					claims[i] = append(claims[i], Span{r.Low(), r.High()})
				}
			}
		}
	}
	cuts := endsOf(slices.Concat(claims[0], claims[1]))
	regions := []Span{{first, Last(first)}}
	if c.other != nil {
		regions = Join(slices.Concat(claims[0], claims[1]))
		cuts = append(cuts, c.otherCuts(regions, claims)...)
	}
	slices.SortFunc(cuts, netip.Addr.Compare)
	cuts = slices.Compact(cuts)
	var cells []Interval
	var last netip.Addr // of the piece before
	touches := false    // the last cell, or pieces without clients between
	for piece := range pieces(regions, cuts) {
		touches = touches && last.Next() == piece.Low
		last = piece.High
		cell := Interval{Span: piece, Witness: piece.Witness()}
		if !cell.Witness.IsValid() {
			continue
		}
		for i, p := range c.policies {
			cell.In[i] = p.Select(local, cell.Witness, nil)
		}
		cells, touches = appendCell(cells, cell, touches), true
		if !c.effort.Spend(selectSteps) {
			return cells
		}
	}
	c.effort.Keep(len(cells))
	return cells
}

// selectSteps is the effort of choosing a connector.
const selectSteps = 100

// otherCuts returns where the answers of c.other change to clients that only one of the policies
// claims.
func (c *cutter) otherCuts(regions []Span, claims [2][]Span) []netip.Addr {
	var cuts []netip.Addr
	for i, p := range c.policies {
		if p == nil {
			continue
		}
		for _, gap := range Without(regions, Join(claims[i])) {
			at, _ := slices.BinarySearchFunc(c.other.Cells, gap.Low, func(cell Interval, low netip.Addr) int { return cell.High.Compare(low) })
			for ; at < len(c.other.Cells) && !gap.High.Less(c.other.Cells[at].Low); at++ {
				cuts = append(cuts, endsOf([]Span{c.other.Cells[at].Span})...)
			}
		}
	}
	return cuts
}

// endsOf returns where spans begin and the addresses behind them.
func endsOf(spans []Span) []netip.Addr {
	ends := make([]netip.Addr, 0, 2*len(spans))
	for _, s := range spans {
		ends = append(ends, s.Low)
		if next := s.High.Next(); next.IsValid() {
			ends = append(ends, next)
		}
	}
	return ends
}

// pieces yields the parts of regions between cuts. Both are ascending.
func pieces(regions []Span, cuts []netip.Addr) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for _, region := range regions {
			for low := region.Low; ; {
				for len(cuts) > 0 && !low.Less(cuts[0]) {
					cuts = cuts[1:]
				}
				high := region.High
				if len(cuts) > 0 && !high.Less(cuts[0]) {
					high = cuts[0].Prev()
				}
				if !yield(Span{low, high}) {
					return
				}
				if high == region.High {
					break
				}
				low = high.Next()
			}
		}
	}
}
