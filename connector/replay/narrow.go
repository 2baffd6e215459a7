package replay

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
)

// span is a run of addresses; the gap after it lies between it and the next.
type span struct{ low, high netip.Addr }

// narrowest returns the narrowest ranges of a connector that contain the clients
// seen: each by itself, neighbours together. If these are more than most, it
// bridges gaps, the smallest first, but no gap in which another connector might
// lose a client: all addresses in the result were in the connector's ranges.
func narrowest(u *inboundUse, others []param.Range, most int) []param.Range {
	byRange := make([][]netip.Addr, len(u.ranges))
	for _, s := range u.clients.all {
		if s.rng >= 0 {
			byRange[s.rng] = append(byRange[s.rng], s.addr)
		}
	}
	spans := make([][]span, len(byRange))
	n := 0
	for i, addrs := range byRange {
		spans[i] = runs(addrs)
		n += len(spans[i])
	}
	if n > most {
		bridge(spans, u.in.Settings().RemoteIPRanges, others, n-most)
	}
	var all []span
	for _, s := range spans {
		all = append(all, s...)
	}
	slices.SortFunc(all, func(a, b span) int { return a.low.Compare(b.low) })
	ranges := make([]param.Range, 0, len(all))
	for _, s := range all {
		ranges = append(ranges, s.rng())
	}
	return ranges
}

// runs sorts addresses into runs of neighbours.
func runs(addrs []netip.Addr) []span {
	slices.SortFunc(addrs, netip.Addr.Compare)
	var all []span
	for _, a := range addrs {
		if n := len(all); n > 0 && all[n-1].high.Next() == a {
			all[n-1].high = a
			continue
		}
		all = append(all, span{a, a})
	}
	return all
}

// gap is the part between two spans of one range.
type gap struct {
	rng, after int // after the span of that index
	size       [16]byte
}

// bridge joins up to n spans with their followers, where the gap is smallest.
func bridge(spans [][]span, ranges, others []param.Range, n int) {
	var gaps []gap
	for i, list := range spans {
		rivals := rivalsWithin(ranges[i], others)
		for j := 0; j+1 < len(list); j++ {
			between := span{list[j].high.Next(), list[j+1].low.Prev()}.rng()
			if list[j].low.Is4() == list[j+1].low.Is4() &&
				!slices.ContainsFunc(rivals, func(r param.Range) bool { return r.Overlaps(between) }) {
				gaps = append(gaps, gap{i, j, distance(list[j].high, list[j+1].low)})
			}
		}
	}
	slices.SortFunc(gaps, func(a, b gap) int {
		return cmp.Or(slices.Compare(a.size[:], b.size[:]), cmp.Compare(a.rng, b.rng), cmp.Compare(a.after, b.after))
	})
	gaps = gaps[:min(n, len(gaps))]
	joined := map[[2]int]bool{}
	for _, g := range gaps {
		joined[[2]int{g.rng, g.after}] = true
	}
	for i, list := range spans {
		var kept []span
		for j, s := range list {
			if j > 0 && joined[[2]int{i, j - 1}] {
				kept[len(kept)-1].high = s.high
				continue
			}
			kept = append(kept, s)
		}
		spans[i] = kept
	}
}

// rivalsWithin returns the ranges of other connectors that may win against r: they
// overlap it and are not larger.
func rivalsWithin(r param.Range, others []param.Range) []param.Range {
	var rivals []param.Range
	for _, o := range others {
		if o.Overlaps(r) && !r.Narrower(o) {
			rivals = append(rivals, o)
		}
	}
	return rivals
}

// distance is b - a, highest byte first.
func distance(a, b netip.Addr) [16]byte {
	x, y := a.As16(), b.As16()
	var d [16]byte
	borrow := 0
	for i := 15; i >= 0; i-- {
		n := int(y[i]) - int(x[i]) - borrow
		borrow = 0
		if n < 0 {
			n, borrow = n+256, 1
		}
		d[i] = byte(n)
	}
	return d
}

// rng is the span as a range.
func (s span) rng() param.Range {
	if s.low == s.high {
		return param.RangeOf(s.low)
	}
	r, _ := param.ParseRange(s.low.String() + "-" + s.high.String()) // both ends are of one family, in order
	return r
}
