package analysis

import (
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// The terms for domains that have no name.
const (
	anyDomain  = "any domain"
	anyLabel   = "any single label"
	anyLiteral = "any address literal"
)

// membership is whether a cell is in a set of domains.
type membership uint8

const (
	outside membership = iota
	inside
	eitherWay // it is said elsewhere, so that here whatever is shorter will do
)

// classTerms describes the domains of the classes that d is about.
func (c *comparer) classTerms(d *delta) (domains, except []string) {
	of := make([]membership, len(c.domains.Classes))
	for i, class := range c.domains.Classes {
		// To relay is to send to domains that aren't accepted.
		if d.aspect == AspectRelay && class.Accepted[side(d.direction)] != 0 {
			of[i] = eitherWay
		}
	}
	for _, i := range d.objects {
		of[i] = inside
	}
	return terms(c.domains, func(cell int) membership { return of[c.domains.Cells[cell].Class] })
}

// terms describes a set of cells by as few names as can be: a name is told
// only where its domain, or what lies below it, is in the set and the domain
// above it isn't, or the reverse.
func terms(d *partition.Domains, of func(cell int) membership) (domains, except []string) {
	others := d.Elsewhere()
	top := of(others) == inside
	label := settle(of(others+1), top)
	literal := settle(of(others+2), top)
	tell := func(is, above bool, term string) {
		switch {
		case is && !above:
			domains = append(domains, term)
		case !is && above:
			except = append(except, term)
		}
	}
	tell(top, false, anyDomain)
	tell(label, top, anyLabel)
	tell(literal, top, anyLiteral)
	below := map[routing.Domain]bool{} // of the names so far: whether what lies below is in the set
	above := func(name routing.Domain) bool {
		for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
			if is, ok := below[parent]; ok {
				return is
			}
		}
		return top
	}
	for _, i := range shortestFirst(d, others) {
		cell := &d.Cells[i]
		up := above(cell.Name)
		self := up
		switch {
		case cell.Name.IsLiteral():
			self = literal
		case cell.Name.SingleLabel():
			self = label
		}
		tell(settle(of(i), self), self, cell.Name.String())
		if i+1 < others && d.Cells[i+1].Kind == partition.Below {
			below[cell.Name] = settle(of(i+1), up)
			tell(below[cell.Name], up, d.Cells[i+1].String())
		}
	}
	return domains, except
}

// settle decides for cells that may be in the set or not as it is above them.
func settle(m membership, above bool) bool {
	if m == eitherWay {
		return above
	}
	return m == inside
}

// shortestFirst returns the places of the named cells, those of fewer labels
// first, so that parents come before what lies below them.
func shortestFirst(d *partition.Domains, others int) []int {
	var byLabels [][]int
	for i, cell := range d.Cells[:others] {
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

// domainText says terms in a sentence: a domain and what lies below it are one
// element of the list.
func domainText(domains, except []string) string {
	text := list(paired(domains), " and ")
	if len(except) > 0 {
		text += " but " + list(paired(except), " and ")
	}
	return text
}

func paired(terms []string) []string {
	var texts []string
	for i := 0; i < len(terms); i++ {
		if i+1 < len(terms) && terms[i+1] == "*."+terms[i] {
			texts = append(texts, terms[i]+" and below")
			i++
			continue
		}
		texts = append(texts, terms[i])
	}
	return texts
}
