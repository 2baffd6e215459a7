package analysis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
)

// anySenderTerm is the term of findings about clients that may use any sender.
const anySenderTerm = "any sender"

// Extent returns the words that an acknowledgement of the finding must name, separated by commas: the ranges
// of its Clients, and what else could grow, such as "any sender" or the groups that may log on.
// "": only code and place.
func (f Finding) Extent() string {
	ranges := f.ranges()
	var words []string
	for i, covered := range covered(ranges) {
		if !covered {
			words = append(words, ranges[i].String())
		}
	}
	return strings.Join(append(words, f.terms...), ", ")
}

// ranges returns the clients that the finding is about, at all local addresses.
func (f Finding) ranges() []param.Range {
	var ranges []param.Range
	for _, c := range f.Clients {
		ranges = append(ranges, c.Ranges...)
	}
	for _, s := range partition.Join(slices.Clone(f.beyond)) {
		ranges = append(ranges, s.Range())
	}
	return ranges
}

// covered reports which ranges lie in another, or equal an earlier one.
func covered(ranges []param.Range) []bool {
	order := make([]int, len(ranges))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := ranges[a], ranges[b]
		return cmp.Or(cmp.Compare(x.Low().BitLen(), y.Low().BitLen()), x.Low().Compare(y.Low()), y.High().Compare(x.High()), cmp.Compare(a, b))
	})
	in := make([]bool, len(ranges))
	var widest param.Range // of those before, the one that ends last
	for _, i := range order {
		if in[i] = widest.IsValid() && widest.Covers(ranges[i]); !in[i] {
			widest = ranges[i]
		}
	}
	return in
}

// within reports whether an extent, as Extent returns it, names all of f.
func (f Finding) within(extent string) bool {
	var ranges []param.Range
	var terms []string
	for word := range strings.SplitSeq(extent, ",") {
		word = strings.TrimSpace(word)
		if r, err := param.ParseRange(word); err == nil {
			ranges = append(ranges, r)
		} else {
			terms = append(terms, word)
		}
	}
	var spans []partition.Span
	for _, s := range rangeset.Union(ranges) {
		spans = append(spans, partition.Span{Low: s.Low, High: s.High})
	}
	for _, r := range f.ranges() {
		if !within(partition.Span{Low: r.Low(), High: r.High()}, spans) {
			return false
		}
	}
	return !slices.ContainsFunc(f.terms, func(term string) bool {
		return !slices.ContainsFunc(terms, func(named string) bool { return strings.EqualFold(named, term) })
	})
}

// termsOf returns the terms for clients that prove who they are: the groups that they belong to, or
// that any user or partner does.
func termsOf(groups []clientGroup) (terms []string) {
	for _, g := range groups {
		name, anyone := sidName, "any user"
		if g.proof == ByCertificate {
			name, anyone = func(s string) string { return s }, "any partner"
		}
		switch {
		case g.proof == ByNothing:
		case g.Rest || len(g.In) == 0:
			terms = append(terms, anyone)
		case len(g.In) == 1:
			for _, s := range g.In[0] {
				terms = append(terms, name(s))
			}
		default:
			all := make([]string, len(g.In))
			for i, list := range g.In {
				all[i] = name(list[0])
			}
			terms = append(terms, strings.Join(all, " and "))
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}
