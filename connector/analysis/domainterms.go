package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// membership says whether a cell belongs to a set of domains.
type membership uint8

const (
	outside membership = iota
	inside
	eitherWay // another sentence covers it, so the shorter text decides
)

// domainTree is the named cells of a partition, parents before the names below them.
type domainTree struct {
	domains    *partition.Domains
	names      []treeName
	knownTerms map[string]*terms // results of classTerms, by its arguments
	relayCells map[string][]bool // results of covered: whether each cell is in the set
}

// treeName is the cell of a name. Its parent is the cell that its domain would belong
// to without a name of its own.
type treeName struct {
	named, parent int
	below         int // the cell of the domains below it; 0: it has no such cell
	aboveBelow    int // the parent of the cell below
}

func newDomainTree(d *partition.Domains) *domainTree {
	o := &domainTree{domains: d, knownTerms: map[string]*terms{}, relayCells: map[string][]bool{}}
	elsewhere := d.Elsewhere()
	below := map[routing.Domain]int{}
	for _, i := range shortestFirst(d) {
		name := d.Cells[i].Name
		n := treeName{named: i, aboveBelow: elsewhere}
		for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
			if at, ok := below[parent]; ok {
				n.aboveBelow = at
				break
			}
		}
		switch n.parent = n.aboveBelow; {
		case name.IsLiteral():
			n.parent = elsewhere + 2
		case name.SingleLabel():
			n.parent = elsewhere + 1
		}
		if d.Cells[i+1].Kind == partition.Below { // Elsewhere follows the last
			n.below = i + 1
			below[name] = i + 1
		}
		o.names = append(o.names, n)
	}
	return o
}

// classTerms describes the domains of the classes that d is about.
func (o *domainTree) classTerms(d *delta) *terms {
	relay := d.aspect == AspectRelay
	key := fmt.Sprint(d.objects, relay && d.direction == Wider, relay && d.direction == Stricter)
	if known, ok := o.knownTerms[key]; ok {
		return known
	}
	of := o.membership(d.objects, relay, d.direction)
	t := o.terms(func(cell int) membership { return of[o.domains.Cells[cell].Class] })
	o.knownTerms[key] = t
	return t
}

// membership returns, for each class of domains, whether a sentence about the given
// classes is about it.
func (o *domainTree) membership(classes []int, relay bool, direction Direction) []membership {
	of := make([]membership, len(o.domains.Classes))
	for i, class := range o.domains.Classes {
		// Relaying is sending to domains that aren't accepted.
		if relay && class.Accepted[side(direction)] != 0 {
			of[i] = eitherWay
		}
	}
	for _, i := range classes {
		of[i] = inside
	}
	return of
}

// covered reports whether a sentence about relaying to the domains of relay includes
// all domains of class.
func (o *domainTree) covered(class int, relay []int, direction Direction) bool {
	key := fmt.Sprint(relay, direction)
	in, ok := o.relayCells[key]
	if !ok && len(relay) > 0 {
		of := o.membership(relay, true, direction)
		in = o.resolve(func(cell int) membership { return of[o.domains.Cells[cell].Class] }, nil)
		o.relayCells[key] = in
	}
	return len(relay) > 0 && !slices.ContainsFunc(o.domains.Members[class], func(cell int) bool { return !in[cell] })
}

// terms describes a set of cells by as few names as possible: it lists a name only if
// its domain, or the domains below it, are in the set and the domain above it is not,
// or the reverse.
func (o *domainTree) terms(of func(cell int) membership) *terms {
	t := &terms{}
	o.resolve(of, func(cell int, in bool) {
		if in {
			t.domains.add(o.domains, cell)
		} else {
			t.except.add(o.domains, cell)
		}
	})
	return t
}

// termsOf describes a set of cells.
func (o *domainTree) termsOf(in []bool) *terms {
	return o.terms(func(cell int) membership {
		if in[cell] {
			return inside
		}
		return outside
	})
}

// resolve returns which cells are in a set. A cell that may be in it or not follows
// the cell above it. differs is called for the cells that differ from the cell above,
// parents first.
func (o *domainTree) resolve(of func(cell int) membership, differs func(cell int, in bool)) []bool {
	in := make([]bool, len(o.domains.Cells))
	decide := func(cell int, above bool) {
		in[cell] = resolveCell(of(cell), above)
		if in[cell] != above && differs != nil {
			differs(cell, in[cell])
		}
	}
	elsewhere := o.domains.Elsewhere()
	decide(elsewhere, false)
	decide(elsewhere+1, in[elsewhere])
	decide(elsewhere+2, in[elsewhere])
	for i := range o.names {
		n := &o.names[i]
		decide(n.named, in[n.parent])
		if n.below > 0 {
			decide(n.below, in[n.aboveBelow])
		}
	}
	return in
}

// resolveCell decides whether a cell is in the set; one that may be in it or not
// follows the cell above.
func resolveCell(m membership, above bool) bool {
	if m == eitherWay {
		return above
	}
	return m == inside
}

// shortestFirst returns the indexes of the named cells, those with fewer labels
// first, so that parents come before the names below them.
func shortestFirst(d *partition.Domains) []int {
	var byLabels [][]int
	for i, cell := range d.Cells[:d.Elsewhere()] {
		if cell.Kind != partition.Named {
			continue
		}
		labels := 0
		for parent, ok := cell.Name.Parent(); ok; parent, ok = parent.Parent() {
			labels++
		}
		for len(byLabels) <= labels {
			byLabels = append(byLabels, nil)
		}
		byLabels[labels] = append(byLabels[labels], i)
	}
	var all []int
	for _, list := range byLabels {
		all = append(all, list...)
	}
	return all
}
