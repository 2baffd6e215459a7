package partition

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
)

// maxCells bounds the cells of intervals of a partition: they take some seconds and some
// hundred megabytes.
const maxCells = 10_000_000

// TooLarge says why the partition for a and b would take very long and much memory; ""
// if it wouldn't. Either may be nil.
func TooLarge(a, b *connector.Policy) string {
	ends, listeners := rangeEnds([2]*connector.Policy{a, b})
	if ends > maxCells {
		return fmt.Sprintf("the %d local addresses that connectors are bound to have %d ends of ranges, and at most %d can be checked", listeners, ends, maxCells)
	}
	return ""
}

// rangeEnds counts the ends of ranges of all listeners of Intervals, and the listeners,
// without making them.
func rangeEnds(policies [2]*connector.Policy) (ends, listeners int) {
	type door struct {
		key  string // the connectors
		ends int
	}
	doors := map[netip.AddrPort]door{}
	for i, p := range policies {
		n := 0
		for in := range p.Receive() {
			n++
			if !in.Settings().Enabled.Or(true) {
				continue
			}
			for _, binding := range in.Settings().Bindings {
				at := netip.AddrPortFrom(plain(binding.Addr()), binding.Port())
				d := doors[at]
				doors[at] = door{fmt.Sprint(d.key, " ", i, n), d.ends + 2*len(in.Settings().RemoteIPRanges)}
			}
		}
	}
	seen := map[[2]string]bool{}
	for at, d := range doors {
		everywhere := netip.IPv6Unspecified()
		if at.Addr().Is4() {
			everywhere = netip.IPv4Unspecified()
		}
		all := doors[netip.AddrPortFrom(everywhere, at.Port())]
		if at.Addr().IsUnspecified() {
			all = door{}
		}
		if key := [2]string{d.key, all.key}; !seen[key] {
			seen[key] = true
			ends += d.ends + all.ends
			listeners++
		}
	}
	return ends, listeners
}
