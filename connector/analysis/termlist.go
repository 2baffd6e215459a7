package analysis

import "github.com/interchange-smtp/interchange/connector/internal/partition"

// maxTerms is how many names a Change lists of its domains, and of the exceptions.
const maxTerms = 100

// The terms for domains that have no name.
const (
	anyDomain  = "any domain"
	anyLabel   = "any single-label domain"
	anyLiteral = "any address literal"
)

// terms describe a set of domains.
type terms struct{ domains, except termList }

// text returns the terms as words of a sentence.
func (t *terms) text() string {
	text := t.domains.text()
	if len(t.except.names) > 0 {
		text += " except " + t.except.text()
	}
	return text
}

// set sets the domains of a Change.
func (t *terms) set(c *Change) {
	c.Domains, c.MoreDomains = t.domains.names, t.domains.more
	c.Except, c.MoreExcept = t.except.names, t.except.more
}

// termList is a list of names of domains, of which only the first are kept.
type termList struct {
	names []string
	more  int // that aren't kept
	last  int // the cell of the last one
	count int // of the elements of a sentence: a domain and the domains below it are one
}

// add adds the domains of a cell.
func (l *termList) add(d *partition.Domains, cell int) {
	if d.Cells[cell].Kind != partition.Below || l.count == 0 || l.last != cell-1 {
		l.count++
	}
	l.last = cell
	if len(l.names) == maxTerms {
		l.more++
		return
	}
	name := d.Cells[cell].String()
	if at := cell - d.Elsewhere(); at >= 0 {
		name = [...]string{anyDomain, anyLabel, anyLiteral}[at]
	}
	l.names = append(l.names, name)
}

func (l *termList) text() string { return listOf(paired(l.names), l.count, " and ") }

// paired makes one element of a domain and the domains below it.
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
