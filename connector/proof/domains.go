package proof

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// maxDomain is the greatest length of a domain (RFC 1035 section 3.1, as text).
const maxDomain = 253

// domainIndex finds the cell of a domain.
type domainIndex struct {
	named, below map[string]int
	rest         map[string]int // by kind
}

// find returns the cell of a domain: of the domain itself, or of the longest name that it
// lies below, or of the rest.
func (x *domainIndex) find(domain string) int {
	if i, ok := x.named[domain]; ok {
		return i
	}
	if isLiteral(domain) {
		return x.rest[Literal]
	}
	for _, parent, ok := strings.Cut(domain, "."); ok; _, parent, ok = strings.Cut(parent, ".") {
		if i, ok := x.below[parent]; ok {
			return i
		}
	}
	if strings.Contains(domain, ".") {
		return x.rest[Elsewhere]
	}
	return x.rest[Label]
}

func isLiteral(domain string) bool { return strings.HasPrefix(domain, "[") }

// checkDomains checks that the cells are made of the names that the policies mention and
// of no others, and that the domains of a class are alike.
func (v *verifier) checkDomains() error {
	names := map[string]bool{}
	for _, name := range semantics.ReservedNames {
		names[name] = true
	}
	for _, p := range v.policies {
		for _, name := range p.DomainNames() {
			names[name] = true
		}
	}
	if err := v.indexDomains(names); err != nil {
		return err
	}
	for name := range names {
		if _, ok := v.domains.named[name]; !ok {
			return wrong("Domains", "%s is missing, which the policy names", name)
		}
		if _, ok := v.domains.below[name]; !ok && !isLiteral(name) && len("h."+name) <= maxDomain {
			return wrong("Domains", "the domains below %s are missing, which the policy names", name)
		}
	}
	for _, kind := range []string{Elsewhere, Label, Literal} {
		if _, ok := v.domains.rest[kind]; !ok {
			return wrong("Domains", "the kind %s is missing", kind)
		}
	}
	for i, d := range v.Domains {
		if at := v.domains.find(d.Witness); at != i || !isDomain(d.Witness) {
			return wrong(nth("Domains", i), "the witness %q doesn't lie in it", d.Witness)
		}
		if err := v.checkClass(i, d); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for i, class := range v.Classes {
		key := fmt.Sprintf("%q %v %s %t", class.Accepted, class.Secured, class.Reserved, class.Label)
		if seen[key] {
			return wrong(nth("Classes", i), "another class is the same")
		}
		seen[key] = true
		if !isDomain(class.Witness) || v.Domains[v.domains.find(class.Witness)].Class != i {
			return wrong(nth("Classes", i), "the witness %q doesn't lie in it", class.Witness)
		}
	}
	return nil
}

// indexDomains collects the cells. names are the ones that there may be.
func (v *verifier) indexDomains(names map[string]bool) error {
	x := domainIndex{named: map[string]int{}, below: map[string]int{}, rest: map[string]int{}}
	for i, d := range v.Domains {
		index, name := x.rest, d.Kind
		switch d.Kind {
		case Named:
			index, name = x.named, d.Name
		case Below:
			index, name = x.below, d.Name
		}
		_, twice := index[name]
		switch known := d.Name == "" && slices.Contains([]string{Elsewhere, Label, Literal}, d.Kind); {
		case !known && (!names[d.Name] || d.Kind != Named && d.Kind != Below || d.Kind == Below && isLiteral(d.Name)):
			return wrong(nth("Domains", i), "the policy names nothing for the kind %q and the name %q", d.Kind, d.Name)
		case twice:
			return wrong(nth("Domains", i), "the kind %s of the name %q occurs twice", d.Kind, d.Name)
		case d.Class < 0 || d.Class >= len(v.Classes):
			return wrong(nth("Domains", i), "there is no class %d", d.Class)
		}
		index[name] = i
	}
	v.domains = x
	return nil
}

// checkClass checks that the class of a cell says what decisions see of its domains.
func (v *verifier) checkClass(place int, d Domain) error {
	class := v.Classes[d.Class]
	differs := func(what string, stated, right any) error {
		return wrong(nth("Domains", place), "%s %s is in class %d, for which %s is %v, and %v is right", d.Kind, d.Name, d.Class, what, stated, right)
	}
	for i, p := range v.policies {
		if typ := p.AcceptedType(d.Witness); class.Accepted[i] != typ {
			return differs("Accepted", class.Accepted[i], typ)
		}
		if secured := p.IsSecured(d.Witness); class.Secured[i] != secured {
			return differs("Secured", class.Secured[i], secured)
		}
	}
	if name := semantics.ReservedName(d.Witness); class.Reserved != name {
		return differs("Reserved", class.Reserved, name)
	}
	if label := !strings.ContainsAny(d.Witness, ".["); class.Label != label {
		return differs("Label", class.Label, label)
	}
	return nil
}

// isDomain reports whether a text is a domain in the form in which the evaluator compares
// them: lower-case labels, or an address literal.
func isDomain(text string) bool {
	if isLiteral(text) {
		inner := strings.TrimPrefix(strings.TrimSuffix(text[1:], "]"), "IPv6:")
		a, err := netip.ParseAddr(inner)
		return err == nil && a.Zone() == "" && strings.HasSuffix(text, "]")
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return len(text) <= maxDomain
}

// checkClientNames checks that ClientNames has the names of TLSReceiveDomainSecureList,
// divided by the lists that they are in.
func (v *verifier) checkClientNames() error {
	wanted := map[string][]string{}
	for i, d := range v.Domains {
		if secured := v.Classes[d.Class].Secured; slices.Contains(secured, true) {
			if d.Kind != Named {
				return wrong(nth("Domains", i), "it is secured, and only named domains can be")
			}
			key := fmt.Sprint(secured)
			wanted[key] = append(wanted[key], d.Name)
		}
	}
	for i, c := range v.ClientNames {
		key := fmt.Sprint(c.Secured)
		names := wanted[key]
		slices.Sort(names)
		if len(names) == 0 || !slices.Equal(c.Names, names) {
			return wrong(nth("ClientNames", i), "it has the names %q, and %q are right for the lists %v, once", c.Names, names, c.Secured)
		}
		delete(wanted, key)
	}
	for key, names := range wanted {
		return wrong("ClientNames", "%q are missing, the names in the lists %s", names, key)
	}
	return nil
}
