package analysis

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/param"
)

// rangeTree finds the ranges of a list that contain an address, without looking at all of them
// where neighbours in the list are neighbours in address, too, or contain each other.
type rangeTree struct {
	ranges      []param.Range
	left, right *rangeTree
	low, high   netip.Addr // of all of them
}

func newRangeTree(ranges []param.Range) *rangeTree {
	t := &rangeTree{ranges: ranges, low: ranges[0].Low(), high: ranges[0].High()}
	if n := len(ranges); n > 1 {
		t.left, t.right = newRangeTree(ranges[:n/2]), newRangeTree(ranges[n/2:])
		t.low, t.high = minAddr(t.left.low, t.right.low), maxAddr(t.left.high, t.right.high)
	}
	return t
}

// next returns the place of the first range at or after from that contains a; -1 if none does.
// It counts in steps what it looks at.
func (t *rangeTree) next(a netip.Addr, from int, steps *int) int {
	*steps++
	switch {
	case from >= len(t.ranges) || a.Less(t.low) || t.high.Less(a):
		return -1
	case t.left == nil && t.ranges[0].Contains(a):
		return 0
	case t.left == nil:
		return -1
	}
	if at := t.left.next(a, from, steps); at >= 0 {
		return at
	}
	n := len(t.left.ranges)
	if at := t.right.next(a, max(from-n, 0), steps); at >= 0 {
		return n + at
	}
	return -1
}
