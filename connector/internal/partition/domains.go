package partition

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Kind is the kind of domains in a Cell.
type Kind uint8

// The kinds of Cell.
const (
	Named     Kind = iota // the domain itself
	Below                 // all below a name, except cells of longer names
	Elsewhere             // all others of two labels and more
	Label                 // all others of one label
	Literal               // all other address literals
)

// Cell is a set of domains that the policies don't distinguish.
type Cell struct {
	Kind    Kind
	Name    routing.Domain // of Named and Below
	Witness routing.Domain // a domain of the cell
	Class   int            // its place in Domains.Classes
}

// String names the domains of c: "contoso.com", "*.contoso.com", or "any other
// domain".
func (c Cell) String() string {
	switch c.Kind {
	case Named:
		return c.Name.String()
	case Below:
		return "*." + c.Name.String()
	case Label:
		return "any other single label"
	case Literal:
		return "any other address literal"
	}
	return "any other domain"
}

// Class is a set of cells that decisions on senders and recipients don't
// distinguish. Routes may differ within a class.
type Class struct {
	Accepted [2]routing.DomainType // in each policy; 0: not accepted
	Secure   [2]bool               // in TLSReceiveDomainSecureList
	Reserved string                // the domain of RFC 2606 that it equals or lies below
	Label    bool                  // it has a single label
}

// Domains is the partition of all domains.
type Domains struct {
	Cells   []Cell // sorted by name, each before the names below it; those of With; then the others
	Classes []Class
	Members [][]int // by class: places in Cells

	policies [2]*connector.Policy
	secure   [2]map[routing.Domain]bool // the names in TLSReceiveDomainSecureList

	coarser      *Domains               // from which With made it; nil: none
	named, below map[routing.Domain]int // the names that coarser doesn't have
	partners     []Who
	listed       []int // places in Cells of the names in TLSReceiveDomainSecureList
}

// reserved are the domains of RFC 2606 that a Receive connector can reject.
var reserved = reservedDomains("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org")

func reservedDomains(names ...string) (all []routing.Domain) {
	for _, name := range names {
		all = append(all, routing.MustParseDomain(name))
	}
	return all
}

// NewDomains cuts the domains for a and b, and also at further names.
func NewDomains(a, b *connector.Policy, further ...routing.Domain) *Domains {
	names := map[routing.Domain]bool{}
	for _, name := range slices.Concat(reserved, further) {
		names[name] = true
	}
	d := &Domains{policies: [2]*connector.Policy{a, b}, named: map[routing.Domain]int{}, below: map[routing.Domain]int{}}
	for i, p := range d.policies {
		d.secure[i] = collect(p, names)
	}
	isName := func(name routing.Domain) bool { return names[name] }
	d.add(slices.SortedFunc(maps.Keys(names), routing.Domain.Compare), isName)
	d.classify(nil)
	return d
}

// SenderNames returns the domains in AllowedSenders of the connectors that serve clients,
// those of addresses among them, for NewDomains: where senders are asked about, these are
// told apart.
func SenderNames(policies ...*connector.Policy) (names []routing.Domain) {
	for _, p := range policies {
		for in := range p.Receive() {
			if !in.Settings().Enabled.Or(true) {
				continue
			}
			for _, by := range in.Settings().AllowedSenders {
				text := by.String()
				text = strings.TrimPrefix(text[strings.LastIndexByte(text, '@')+1:], "*.")
				if d, err := routing.ParseDomain(text); err == nil {
					names = append(names, d)
				}
			}
		}
	}
	return names
}

// With returns d cut also at further names. Their cells follow those of d's names, which keep
// their places.
func (d *Domains) With(further ...routing.Domain) *Domains {
	further = slices.DeleteFunc(slices.Clone(further), d.isName)
	if len(further) == 0 {
		return d
	}
	slices.SortFunc(further, routing.Domain.Compare)
	further = slices.Compact(further)
	with := &Domains{policies: d.policies, secure: d.secure, coarser: d, named: map[routing.Domain]int{}, below: map[routing.Domain]int{}}
	isName := func(name routing.Domain) bool { return slices.Contains(further, name) || d.isName(name) }
	with.Cells = slices.Clone(d.Cells[:d.Elsewhere()])
	for _, name := range further {
		if i := d.Find(name); i < len(with.Cells) && isName(with.Cells[i].Witness) {
			if fresh := freshBelow("."+with.Cells[i].Name.String(), isName); fresh.IsValid() { // otherwise nothing is left of the cell
				with.Cells[i].Witness = fresh
			}
		}
	}
	with.add(further, isName)
	with.classify(d)
	return with
}

// isName reports whether the domains are cut at name.
func (d *Domains) isName(name routing.Domain) bool {
	_, ok := d.find(name, func(d *Domains) map[routing.Domain]int { return d.named })
	return ok
}

// collect adds the names of p to names and returns those of
// TLSReceiveDomainSecureList.
func collect(p *connector.Policy, names map[routing.Domain]bool) map[routing.Domain]bool {
	secure := map[routing.Domain]bool{}
	add := func(text string) routing.Domain {
		d, err := routing.ParseDomain(strings.TrimPrefix(text, "*."))
		if err == nil { // "*" isn't a name
			names[d] = true
		}
		return d
	}
	for out := range p.Send() {
		add(out.Settings().TlsDomain) // by default it is the recipient's
		for _, space := range out.Settings().AddressSpaces {
			if d := space.Domain(); d.IsValid() {
				names[d] = true
			}
		}
	}
	cfg := p.Config()
	for _, accepted := range cfg.Accepted {
		add(accepted.DomainName)
	}
	for _, remote := range cfg.Remote {
		add(remote.DomainName)
	}
	for _, name := range cfg.Transport.TLSSendDomainSecureList {
		add(name)
	}
	for _, name := range cfg.Transport.TLSReceiveDomainSecureList {
		secure[add(name)] = true
	}
	return secure
}

// add makes the cells of sorted names, and those of no name.
func (d *Domains) add(sorted []routing.Domain, isName func(routing.Domain) bool) {
	for _, name := range sorted {
		d.named[name] = len(d.Cells)
		d.Cells = append(d.Cells, Cell{Kind: Named, Name: name, Witness: name})
		if fresh := freshBelow("."+name.String(), isName); fresh.IsValid() && !name.IsLiteral() {
			d.below[name] = len(d.Cells)
			d.Cells = append(d.Cells, Cell{Kind: Below, Name: name, Witness: fresh})
		}
	}
	d.Cells = append(d.Cells,
		Cell{Kind: Elsewhere, Witness: elsewhere(isName)},
		Cell{Kind: Label, Witness: freshBelow("", isName)},
		Cell{Kind: Literal, Witness: freshLiteral(isName)},
	)
}

// classify finds the class of each cell. Those of names of known have their classes already.
func (d *Domains) classify(known *Domains) {
	classes, done := map[Class]int{}, 0
	if known != nil {
		d.Classes, done = slices.Clone(known.Classes), known.Elsewhere()
		for i, class := range d.Classes {
			classes[class] = i
		}
	}
	for i := done; i < len(d.Cells); i++ {
		class := d.classOf(d.Cells[i].Witness)
		place, ok := classes[class]
		if !ok {
			place = len(d.Classes)
			classes[class] = place
			d.Classes = append(d.Classes, class)
		}
		d.Cells[i].Class = place
	}
	d.Members = make([][]int, len(d.Classes))
	for i := range d.Cells {
		class := d.Cells[i].Class
		d.Members[class] = append(d.Members[class], i)
		if d.Classes[class].Secure != [2]bool{} {
			d.listed = append(d.listed, i)
		}
	}
	d.partners = d.findPartners()
}

// Elsewhere returns the place of the cell of that kind. The cells of kinds Label
// and Literal follow it.
func (d *Domains) Elsewhere() int { return len(d.Cells) - 3 }

// Representative returns a domain of the class, an unnamed one if possible.
func (d *Domains) Representative(class int) routing.Domain {
	if cell := &d.Cells[d.Elsewhere()]; cell.Class == class {
		return cell.Witness
	}
	return d.Cells[d.Members[class][0]].Witness
}

// Find returns the place of the cell that holds name, a valid domain.
func (d *Domains) Find(name routing.Domain) int {
	if i, ok := d.find(name, func(d *Domains) map[routing.Domain]int { return d.named }); ok {
		return i
	}
	for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
		if i, ok := d.find(parent, func(d *Domains) map[routing.Domain]int { return d.below }); ok {
			return i
		}
	}
	others := d.Elsewhere()
	switch {
	case name.IsLiteral():
		return others + 2
	case name.SingleLabel():
		return others + 1
	}
	return others
}

// find looks a name up in d, and in those that it was cut from.
func (d *Domains) find(name routing.Domain, in func(*Domains) map[routing.Domain]int) (int, bool) {
	for ; d != nil; d = d.coarser {
		if i, ok := in(d)[name]; ok {
			return i, true
		}
	}
	return 0, false
}

// freshBelow returns a domain below suffix that isn't a name, or the zero Domain
// if all of them would be too long.
func freshBelow(suffix string, isName func(routing.Domain) bool) routing.Domain {
	for i := 0; ; i++ {
		label := "host"
		if i > 0 {
			label = strconv.FormatInt(int64(i-1), 36)
		}
		if suffix == "" {
			label = "host" + strings.TrimPrefix(label, "host") // not digits only
		}
		d, err := routing.ParseDomain(label + suffix)
		switch {
		case err == nil && !isName(d):
			return d
		case err != nil && i > 0:
			return routing.Domain{} // longer labels would be too long, too
		}
	}
}

// elsewhere returns a domain of two labels that has no name as its suffix.
func elsewhere(isName func(routing.Domain) bool) routing.Domain {
	for i := 0; ; i++ {
		top := "elsewhere" // not a top-level domain, so that readers see that it is made up
		if i > 0 {
			top += strconv.Itoa(i)
		}
		if !isName(routing.MustParseDomain(top)) {
			return freshBelow("."+top, isName)
		}
	}
}

// freshLiteral returns an address literal that is no name.
func freshLiteral(isName func(routing.Domain) bool) routing.Domain {
	for at := netip.MustParseAddr("192.0.2.1"); ; at = at.Next() { // RFC 5737
		if d := routing.MustParseDomain("[" + at.String() + "]"); !isName(d) {
			return d
		}
	}
}

func (d *Domains) classOf(domain routing.Domain) Class {
	class := Class{Label: domain.SingleLabel()}
	for i, p := range d.policies {
		class.Accepted[i], _ = p.Accepted(domain)
		class.Secure[i] = d.secure[i][domain]
	}
	for _, parent := range reserved {
		if domain == parent || domain.IsSubdomainOf(parent) {
			class.Reserved = parent.String()
		}
	}
	return class
}
