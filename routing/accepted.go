package routing

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/source"
)

// DomainType says what an organisation does with mail for an accepted domain.
type DomainType uint8

// The domain types. The zero DomainType is invalid, but in an [AcceptedDomain]
// it stands for the default, Authoritative.
const (
	Authoritative DomainType = iota + 1 // mailboxes are here, and nowhere else
	InternalRelay                       // some mailboxes are here, a Send connector leads to the others
	ExternalRelay                       // mailboxes are elsewhere; a Send connector leads to them
)

func domainTypeNames() [4]string {
	return [...]string{"", "Authoritative", "InternalRelay", "ExternalRelay"}
}

// ParseDomainType parses the name of a domain type in any letter case.
func ParseDomainType(s string) (DomainType, error) {
	for i, name := range domainTypeNames() {
		if i > 0 && equalFoldASCII(s, name) {
			return DomainType(i), nil
		}
	}
	return 0, &parseError{"domain type", s, "is not Authoritative, InternalRelay or ExternalRelay"}
}

// IsValid reports whether t is one of the domain types.
func (t DomainType) IsValid() bool { return Authoritative <= t && t <= ExternalRelay }

// String returns the name as Exchange spells it, empty for the zero DomainType.
func (t DomainType) String() string {
	if names := domainTypeNames(); int(t) < len(names) {
		return names[t]
	}
	return "DomainType(" + strconv.Itoa(int(t)) + ")"
}

// MarshalText returns the name, empty for the zero DomainType. It fails for
// other invalid values.
func (t DomainType) MarshalText() ([]byte, error) {
	if t > ExternalRelay {
		return nil, &parseError{"domain type", t.String(), "does not exist"}
	}
	return []byte(t.String()), nil
}

// UnmarshalText is the inverse of MarshalText and accepts any letter case.
func (t *DomainType) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = 0
		return nil
	}
	parsed, err := ParseDomainType(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// AcceptedDomain is one entry of the organisation's accepted domains, the
// domains for which it accepts mail from any client.
type AcceptedDomain struct {
	// Name is a unique name of up to 64 characters; empty, it is DomainName.
	Name string
	// DomainName is "contoso.com", "*.contoso.com" or "*".
	//
	// "*.contoso.com" covers all domains below contoso.com and not
	// contoso.com itself, for which organisations have a separate entry.
	// Exchange does not document the case; Interchange accepts less. (As an
	// address space, *.contoso.com covers contoso.com too.)
	//
	// "*" covers everything: every client that may send may then relay.
	DomainName string
	// DomainType is Authoritative if zero.
	DomainType DomainType
	// MatchSubDomains makes an entry without a wildcard cover all domains below
	// it as well. It has no effect on an entry with a wildcard.
	MatchSubDomains bool
	// AddressBookEnabled says whether clients without ms-Exch-Bypass-Anti-Spam may send to
	// recipients of the domain only that exist, if the server can look them up. The default is
	// true for authoritative domains, the only ones on which it has an effect.
	AddressBookEnabled Setting[bool]
	// Default marks the default domain, one without a wildcard. If no entry
	// has the mark, the first without a wildcard is the default.
	Default bool
}

const (
	maxDomainName   = 256
	maxAcceptedName = 64
)

// Accepted is the compiled list of accepted domains. It is immutable and safe
// for concurrent use. The nil and the zero Accepted cover nothing.
type Accepted struct {
	domains []AcceptedDomain
	index   index[acceptedEntry]
	any     uint32 // index of the entry "*", plus one
	def     Domain
}

// acceptedEntry holds the domain that covers a name itself and the one that covers
// all below it, as numbers of domains plus one.
type acceptedEntry struct {
	name       string
	self, tree uint32
}

func (e acceptedEntry) domainName() string { return e.name }

// NewAccepted compiles domains and reports all mistakes in them as [source.Diagnostics]
// of the list "Accepted". It keeps no reference to the slice.
func NewAccepted(domains ...AcceptedDomain) (*Accepted, error) {
	c := acceptedCompiler{
		accepted: Accepted{domains: slices.Clone(domains)},
		places:   make(map[string]int, len(domains)),
		names:    make(map[string]int, len(domains)),
		marked:   -1,
	}
	for i := range c.accepted.domains {
		c.add(i, &c.accepted.domains[i])
	}
	if err := c.problems.err(); err != nil {
		return nil, err
	}
	c.accepted.index = newIndex(c.entries)
	return &c.accepted, nil
}

// acceptedCompiler is the state of NewAccepted.
type acceptedCompiler struct {
	accepted Accepted
	entries  []acceptedEntry
	places   map[string]int // domain name -> place in entries
	names    map[string]int // lower-case Name -> place in the input
	marked   int            // index of the entry with Default; -1: not found yet
	problems problems
}

func (c *acceptedCompiler) problem(i int, field source.Path, format string, args ...any) {
	c.problems.add("Accepted", i, field, CodeAcceptedDomain, format, args...)
}

// add checks one domain, fills in its defaults and enters it.
func (c *acceptedCompiler) add(i int, a *AcceptedDomain) {
	if a.DomainType == 0 {
		a.DomainType = Authoritative
	}
	a.AddressBookEnabled = Value(a.AddressBookEnabled.Or(a.DomainType == Authoritative))
	if !a.DomainType.IsValid() {
		c.problem(i, "DomainType", "%s does not exist", a.DomainType)
	}
	if a.Name == "" {
		a.Name = a.DomainName
	} else if utf8.RuneCountInString(a.Name) > maxAcceptedName {
		c.problem(i, "Name", "is longer than %d characters", maxAcceptedName)
	}
	key := strings.ToLower(a.Name)
	if first, ok := c.names[key]; ok {
		c.problem(i, "Name", "%s is the name of Accepted[%d] already; give it another", quoteInput(a.Name), first)
	} else {
		c.names[key] = i
	}
	c.addDomain(i, a)
}

// addDomain parses DomainName and enters what it covers.
func (c *acceptedCompiler) addDomain(i int, a *AcceptedDomain) {
	if a.DomainName == "*" {
		if c.accepted.any != 0 {
			c.problem(i, "DomainName", "* is covered by Accepted[%d] already; leave one out", c.accepted.any-1)
		}
		c.accepted.any = uint32(i + 1)
		c.setDefault(i, a, Domain{})
		return
	}
	name, wildcard := strings.CutPrefix(a.DomainName, "*.")
	domain, msg := parseDomain(name)
	switch {
	case len(a.DomainName) > maxDomainName:
		msg = "is longer than 256 characters"
	case strings.Contains(name, "*"):
		msg = "has a wildcard that is not its whole first label; *.contoso.com is right"
	case msg == "" && domain[0] == '[' && (wildcard || a.MatchSubDomains):
		msg = "is an address literal, which has no subdomains"
	}
	if msg != "" {
		c.problem(i, "DomainName", "%s %s", quoteInput(a.DomainName), msg)
		return
	}
	place, ok := c.places[domain]
	if !ok {
		place = len(c.entries)
		c.places[domain] = place
		c.entries = append(c.entries, acceptedEntry{name: domain})
	}
	e := &c.entries[place]
	if !wildcard {
		c.claim(i, &e.self, domain)
		a.DomainName = domain
		c.setDefault(i, a, Domain{domain})
	} else {
		a.DomainName = "*." + domain
		c.setDefault(i, a, Domain{})
	}
	if wildcard || a.MatchSubDomains {
		c.claim(i, &e.tree, "*."+domain)
	}
}

// claim enters domain i as the one that covers a name or the domains below it.
func (c *acceptedCompiler) claim(i int, by *uint32, what string) {
	if *by != 0 {
		c.problem(i, "DomainName", "%s is covered by Accepted[%d] already; leave one out", what, *by-1)
		return
	}
	*by = uint32(i + 1)
}

// setDefault makes domain i the default if it is marked, or until one is.
// domain is invalid for an entry with a wildcard.
func (c *acceptedCompiler) setDefault(i int, a *AcceptedDomain, domain Domain) {
	switch {
	case a.Default && !domain.IsValid():
		c.problem(i, "Default", "%s has a wildcard and cannot be the default domain", a.DomainName)
	case a.Default && c.marked >= 0:
		c.problem(i, "Default", "Accepted[%d] is the default domain already; keep one", c.marked)
	case a.Default:
		c.marked = i
		c.accepted.def = domain
	case !c.accepted.def.IsValid():
		c.accepted.def = domain
	}
}

// Lookup returns the type of the most specific accepted domain that covers d.
// It does not allocate.
func (a *Accepted) Lookup(d Domain) (DomainType, bool) {
	i := a.find(d)
	if i < 0 {
		return 0, false
	}
	return a.domains[i].DomainType, true
}

// LooksUp reports whether recipients in d must exist: the most specific accepted domain that
// covers d is authoritative, and its AddressBookEnabled isn't false.
func (a *Accepted) LooksUp(d Domain) bool {
	i := a.find(d)
	return i >= 0 && a.domains[i].DomainType == Authoritative && a.domains[i].AddressBookEnabled.Or(false)
}

// Find returns the accepted domain that covers d, its defaults filled in and
// its DomainName in canonical form.
func (a *Accepted) Find(d Domain) (AcceptedDomain, bool) {
	i := a.find(d)
	if i < 0 {
		return AcceptedDomain{}, false
	}
	return a.domains[i], true
}

// find returns the place of the accepted domain that covers d, -1 if none.
func (a *Accepted) find(d Domain) int {
	if a == nil || !d.IsValid() {
		return -1
	}
	for s := a.index.suffixes(d); ; {
		name := s.next()
		if name == "" {
			return int(a.any) - 1
		}
		i := a.index.find(name)
		if i < 0 {
			continue
		}
		by := a.index.entries[i].tree
		if len(name) == len(d.name) {
			by = a.index.entries[i].self
		}
		if by != 0 {
			return int(by) - 1
		}
	}
}

// Default returns the default accepted domain, or the zero Domain without one.
func (a *Accepted) Default() Domain {
	if a == nil {
		return Domain{}
	}
	return a.def
}
