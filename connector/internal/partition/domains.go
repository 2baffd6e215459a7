package partition

import (
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
	Cells   []Cell // sorted by name, each before the names below it; then the others
	Classes []Class
	Members [][]int // by class: places in Cells

	named, below map[routing.Domain]int
	partners     []Who
	listed       []int // places in Cells of the names in TLSReceiveDomainSecureList
}

// reserved are the domains of RFC 2606 that a Receive connector can reject.
var reserved = [...]string{"test", "example", "invalid", "localhost", "example.com", "example.net", "example.org"}

// NewDomains cuts the domains for a and b, and also at further names.
func NewDomains(a, b *connector.Policy, further ...routing.Domain) *Domains {
	policies := [2]*connector.Policy{a, b}
	names := map[routing.Domain]bool{}
	for _, name := range reserved {
		names[routing.MustParseDomain(name)] = true
	}
	for _, name := range further {
		names[name] = true
	}
	var secure [2]map[routing.Domain]bool
	for i, p := range policies {
		secure[i] = collect(p, names)
	}
	d := &Domains{named: map[routing.Domain]int{}, below: map[routing.Domain]int{}}
	d.cut(names)
	classes := map[Class]int{}
	for i := range d.Cells {
		class := classOf(policies, secure, d.Cells[i].Witness)
		place, ok := classes[class]
		if !ok {
			place = len(d.Classes)
			classes[class] = place
			d.Classes = append(d.Classes, class)
			d.Members = append(d.Members, nil)
		}
		d.Cells[i].Class = place
		d.Members[place] = append(d.Members[place], i)
		if class.Secure != [2]bool{} {
			d.listed = append(d.listed, i)
		}
	}
	d.partners = d.findPartners()
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

// cut makes the cells.
func (d *Domains) cut(names map[routing.Domain]bool) {
	sorted := make([]routing.Domain, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.SortFunc(sorted, routing.Domain.Compare)
	for _, name := range sorted {
		d.named[name] = len(d.Cells)
		d.Cells = append(d.Cells, Cell{Kind: Named, Name: name, Witness: name})
		if fresh := freshBelow("."+name.String(), names); fresh.IsValid() && !name.IsLiteral() {
			d.below[name] = len(d.Cells)
			d.Cells = append(d.Cells, Cell{Kind: Below, Name: name, Witness: fresh})
		}
	}
	d.Cells = append(d.Cells,
		Cell{Kind: Elsewhere, Witness: elsewhere(names)},
		Cell{Kind: Label, Witness: freshBelow("", names)},
		Cell{Kind: Literal, Witness: freshLiteral(names)},
	)
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
	if i, ok := d.named[name]; ok {
		return i
	}
	for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
		if i, ok := d.below[parent]; ok {
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

// freshBelow returns a domain below suffix that isn't a name, or the zero Domain
// if all of them would be too long.
func freshBelow(suffix string, names map[routing.Domain]bool) routing.Domain {
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
		case err == nil && !names[d]:
			return d
		case err != nil && i > 0:
			return routing.Domain{} // longer labels would be too long, too
		}
	}
}

// elsewhere returns a domain of two labels that has no name as its suffix.
func elsewhere(names map[routing.Domain]bool) routing.Domain {
	for i := 0; ; i++ {
		top := "elsewhere" // not a top-level domain, so that readers see that it is made up
		if i > 0 {
			top += strconv.Itoa(i)
		}
		if !names[routing.MustParseDomain(top)] {
			return freshBelow("."+top, names)
		}
	}
}

// freshLiteral returns an address literal that is no name.
func freshLiteral(names map[routing.Domain]bool) routing.Domain {
	for at := netip.MustParseAddr("192.0.2.1"); ; at = at.Next() { // RFC 5737
		if d := routing.MustParseDomain("[" + at.String() + "]"); !names[d] {
			return d
		}
	}
}

func classOf(policies [2]*connector.Policy, secure [2]map[routing.Domain]bool, d routing.Domain) Class {
	class := Class{Label: d.SingleLabel()}
	for i, p := range policies {
		class.Accepted[i], _ = p.Accepted(d)
		class.Secure[i] = secure[i][d]
	}
	for _, name := range reserved {
		if parent := routing.MustParseDomain(name); d == parent || d.IsSubdomainOf(parent) {
			class.Reserved = name
		}
	}
	return class
}
