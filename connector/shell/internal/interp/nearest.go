package interp

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// near is nearest, paid for; "" if the script can't pay.
func (in *Interp) near(written string, names []string) string {
	cost := int64(len(names))
	for _, n := range names[:min(len(names), maxNames)] {
		cost += int64(len(n)) * int64(min(len(written), maxNearest)) / 8
	}
	if in.m.step(cost) != nil {
		return ""
	}
	return nearest(written, names)
}

// nearest returns the name that is closest to what was written, or "" if none is
// close. Among equals it is the first in alphabetical order.
func nearest(written string, names []string) string {
	written = object.Fold(written)
	if len(written) > maxNearest || len(names) > maxNames {
		return ""
	}
	// A long name may have more mistakes in it, but not so many that it is a
	// different one: Disable isn't Remove.
	best, bestDistance := "", 1+min(3, max(1, len(written)/4))
	names = slices.Clone(names)
	slices.Sort(names)
	for _, n := range names {
		if d := len(n) - len(written); max(d, -d) >= bestDistance {
			continue
		}
		if d := distance(written, object.Fold(n)); d < bestDistance {
			best, bestDistance = n, d
		}
	}
	return best
}

// maxNearest is the length up to which names are compared.
const maxNearest = 64

// maxNames is among how many names the nearest is looked for.
const maxNames = 1000

// distance counts the insertions, deletions, changes and swaps of neighbours that
// make b of a (optimal string alignment).
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
