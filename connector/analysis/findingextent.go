package analysis

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
)

// anySenderTerm is the term of findings about clients that may use any sender.
const anySenderTerm = "any sender"

// Extent returns the words that an acknowledgement of the finding must name, separated by commas: the ranges
// of its Clients, and what else could grow, such as "any sender" or the groups that may log on.
// "": only code and place.
func (f Finding) Extent() string {
	var ranges []param.Range
	for _, c := range f.Clients {
		ranges = append(ranges, c.Ranges...)
	}
	var words []string
	for i, r := range ranges {
		covered := slices.ContainsFunc(ranges[:i], func(o param.Range) bool { return o.Covers(r) }) ||
			slices.ContainsFunc(ranges[i+1:], func(o param.Range) bool { return o.Covers(r) && !r.Covers(o) })
		if !covered {
			words = append(words, r.String())
		}
	}
	return strings.Join(append(words, f.terms...), ", ")
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
	spans := rangeset.Union(ranges)
	for _, c := range f.Clients {
		for _, r := range c.Ranges {
			if !slices.ContainsFunc(spans, func(s rangeset.Span) bool { return !r.Low().Less(s.Low) && !s.High.Less(r.High()) }) {
				return false
			}
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
