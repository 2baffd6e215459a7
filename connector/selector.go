package connector

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gaissmai/bart"
	"github.com/interchange-smtp/interchange/connector/param"
)

// selector finds the Receive connector of a connection. For every binding it
// holds one table in which the longest prefix belongs to the smallest range, see
// newRangeTable.
type selector struct {
	specific map[netip.AddrPort]*rangeTable // bindings to one local address
	any4     map[uint16]*rangeTable         // 0.0.0.0, by port
	any6     map[uint16]*rangeTable         // [::], by port
}

// rangeTable maps a client's address to the connector that serves it.
type rangeTable = bart.Table[*Inbound]

// find is Select for plain addresses.
func (s *selector) find(local netip.AddrPort, remote netip.Addr) *Inbound {
	if !local.IsValid() || !remote.IsValid() {
		return nil
	}
	if len(s.specific) > 0 {
		if in := lookup(s.specific[local], remote); in != nil {
			return in
		}
	}
	if local.Addr().Is4() {
		return lookup(s.any4[local.Port()], remote)
	}
	// A connector bound to [::] is for IPv6 only: Exchange writes both
	// wildcards where it means both families.
	return lookup(s.any6[local.Port()], remote)
}

func lookup(t *rangeTable, remote netip.Addr) *Inbound {
	if t == nil {
		return nil
	}
	in, _ := t.Lookup(remote)
	return in
}

// plainAddr is the form in which addresses are compared: without zone, and
// IPv4-mapped IPv6 as IPv4.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func plainAddrPort(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(plainAddr(a.Addr()), a.Port())
}

// newSelector compiles the selection among the connectors of this server. Bindings
// with the same connectors share a table.
func newSelector(receive []*Inbound) selector {
	s := selector{
		specific: map[netip.AddrPort]*rangeTable{},
		any4:     map[uint16]*rangeTable{},
		any6:     map[uint16]*rangeTable{},
	}
	bound := map[netip.AddrPort][]int{}
	for i, in := range receive {
		if !in.enabled {
			continue
		}
		for _, b := range in.bindings {
			on := bound[b]
			if len(on) == 0 || on[len(on)-1] != i { // a binding may stand twice
				bound[b] = append(on, i)
			}
		}
	}
	tables := map[string]*rangeTable{}
	for binding, on := range bound {
		key := setKey(on)
		if tables[key] == nil {
			tables[key] = newRangeTable(receive, on)
		}
		s.add(binding, tables[key])
	}
	return s
}

func (s *selector) add(binding netip.AddrPort, t *rangeTable) {
	switch {
	case !binding.Addr().IsUnspecified():
		s.specific[binding] = t
	case binding.Addr().Is4():
		s.any4[binding.Port()] = t
	default:
		s.any6[binding.Port()] = t
	}
}

// setKey returns a map key for a set of connectors, given by ascending indices.
func setKey(on []int) string {
	var b strings.Builder
	for _, i := range on {
		b.WriteString(strconv.Itoa(i))
		b.WriteByte(' ')
	}
	return b.String()
}

// Claim is a range by which a Receive connector claims clients.
type Claim struct {
	Inbound *Inbound
	Range   param.Range
}

// newRangeTable makes the longest-prefix table of the ranges of the given connectors.
// Ranges need be neither CIDR blocks nor nested, but the longest match must find the
// smallest range, not the smallest piece of a range. So the ranges are inserted from
// the largest to the smallest, and each piece first deletes the pieces inside it,
// which belong to larger ranges.
func newRangeTable(receive []*Inbound, on []int) *rangeTable {
	var claims []Claim
	for _, i := range on {
		for _, r := range receive[i].settings.RemoteIPRanges {
			claims = append(claims, Claim{receive[i], r})
		}
	}
	slices.SortStableFunc(claims, func(a, b Claim) int { return b.Compare(a) })
	t := new(rangeTable)
	var inside []netip.Prefix
	for _, c := range claims {
		for piece := range c.Range.Prefixes() {
			inside = inside[:0]
			for pfx := range t.Subnets(piece) {
				inside = append(inside, pfx)
			}
			for _, pfx := range inside {
				t.Delete(pfx)
			}
			t.Insert(piece, c.Inbound)
		}
	}
	return t
}

// Compare orders claims of connectors that are bound alike to one client, the winner
// first: the smaller range, then FrontendTransport, whose service clients connect to
// in Exchange, then the lower name.
func (c Claim) Compare(o Claim) int {
	switch {
	case c.Range.Narrower(o.Range):
		return -1
	case o.Range.Narrower(c.Range):
		return +1
	}
	// FrontendTransport is the greater one.
	return cmp.Or(cmp.Compare(o.Inbound.settings.TransportRole, c.Inbound.settings.TransportRole), compareNames(c.Inbound.name, o.Inbound.name))
}

// compareNames orders connectors by name as Exchange does, without regard to case;
// names that differ in case only are compared byte by byte.
func compareNames(a, b string) int {
	if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}
