package routing

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// AddressSpace is one entry of a Send connector's AddressSpaces, such as
// "SMTP:*.contoso.com;10": a type, the addresses it covers, and a cost. It is
// comparable. The zero AddressSpace is invalid, covers nothing and prints as
// the empty string.
type AddressSpace struct {
	// text is the domain of an exact or subtree space without "*.", or
	// type, colon and space of a type other than SMTP. One string keeps the
	// value small: there may be a million of them.
	text   string
	kind   SpaceKind
	typLen uint8 // length of the type within text, for SpaceOther
	cost   uint8
	local  bool
}

// SpaceKind says which addresses an address space covers.
type SpaceKind uint8

// The kinds of address space, most specific first. The zero SpaceKind belongs to the
// invalid AddressSpace.
const (
	SpaceExact    SpaceKind = iota + 1 // contoso.com: this domain only
	SpaceSubtree                       // *.contoso.com: the domain and all below it
	SpaceAccepted                      // --: the authoritative and internal relay domains, on an Edge server
	SpaceAny                           // *: everything
	SpaceOther                         // a type other than SMTP
)

const (
	smtpType     = "SMTP"
	scopeLocal   = "Local"
	maxSpaceType = 64
	maxSpaceCost = 100
	maxSpaceText = 1024 // non-SMTP; X.400 addresses stay well below
)

// ParseAddressSpace parses [scope:][type:]space[;cost].
//
// The scope is Local, which Exchange 2007 wrote in place of IsScopedConnector (see
// [AddressSpace.Local]). The type is SMTP if not given; types have up to 64 letters,
// digits, hyphens and underscores and are printed in upper case. The cost is 1 to 100,
// 1 if not given; lower is better.
//
// An SMTP space is a domain, "*.domain", "*" or "--". The wildcard is the
// whole first label or nothing, and an address literal takes none. Domains
// are canonicalised as by [ParseDomain].
//
// A space of another type is printable ASCII text of up to 1024 bytes. If it
// holds a semicolon the cost cannot be left out: the text after the last one is
// the cost.
func ParseAddressSpace(s string) (AddressSpace, error) {
	a, msg := parseSpace(s)
	if msg != "" {
		return AddressSpace{}, &parseError{"address space", s, msg}
	}
	return a, nil
}

// MustParseAddressSpace is ParseAddressSpace for tests; it panics on an error.
func MustParseAddressSpace(s string) AddressSpace {
	a, err := ParseAddressSpace(s)
	if err != nil {
		panic(err)
	}
	return a
}

func parseSpace(s string) (a AddressSpace, msg string) {
	a.cost = 1
	if before, after, ok := strings.Cut(s, ":"); ok && equalFoldASCII(before, scopeLocal) {
		a.local, s = true, after
	}
	typ := smtpType
	// The colons of [IPv6:2001:db8::1] end no type.
	if before, after, ok := strings.Cut(s, ":"); ok && !strings.HasPrefix(s, "[") {
		if msg := checkSpaceType(before); msg != "" {
			return AddressSpace{}, msg
		}
		typ, s = strings.ToUpper(before), after
	}
	if i := strings.LastIndexByte(s, ';'); i >= 0 {
		cost, ok := parseCost(s[i+1:])
		if !ok {
			return AddressSpace{}, "needs a cost of 1 to 100 after its last semicolon"
		}
		a.cost, s = cost, s[:i]
	}
	if s == "" {
		return AddressSpace{}, "is empty; *, contoso.com or *.contoso.com is expected"
	}
	if typ == smtpType {
		return a.parseSMTP(s)
	}
	if msg := checkSpaceText(s); msg != "" {
		return AddressSpace{}, msg
	}
	a.kind, a.typLen, a.text = SpaceOther, uint8(len(typ)), typ+":"+s
	return a, ""
}

func (a AddressSpace) parseSMTP(s string) (_ AddressSpace, msg string) {
	switch {
	case s == "*":
		a.kind = SpaceAny
		return a, ""
	case s == "--":
		a.kind = SpaceAccepted
		return a, ""
	}
	a.kind = SpaceExact
	if strings.HasPrefix(s, "*.") {
		a.kind, s = SpaceSubtree, s[2:]
	}
	switch {
	case strings.Contains(s, "*"):
		return AddressSpace{}, "has a wildcard that is not its whole first label; *.contoso.com is right"
	case a.kind == SpaceSubtree && strings.HasPrefix(s, "["):
		return AddressSpace{}, "has a wildcard before an address literal"
	}
	if a.text, msg = parseDomain(s); msg != "" {
		return AddressSpace{}, msg
	}
	return a, ""
}

func checkSpaceType(s string) string {
	if s == "" || len(s) > maxSpaceType {
		return "needs a type of 1 to 64 characters before its colon"
	}
	if equalFoldASCII(s, scopeLocal) {
		return "has two scopes"
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' {
			return "has a type with a character other than letters, digits, hyphens and underscores"
		}
	}
	return ""
}

func checkSpaceText(s string) string {
	if len(s) > maxSpaceText {
		return "is longer than 1024 bytes"
	}
	if !ascii.IsPrintable(s) {
		return "has a character that is not printable ASCII"
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return "begins or ends with a space"
	}
	return ""
}

// parseCost accepts digits only: no sign, no space.
func parseCost(s string) (uint8, bool) {
	if s == "" || !allDigits(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return uint8(n), err == nil && 1 <= n && n <= maxSpaceCost
}

// IsValid reports whether a is not the zero AddressSpace.
func (a AddressSpace) IsValid() bool { return a.kind != 0 }

// Kind says which addresses a covers.
func (a AddressSpace) Kind() SpaceKind { return a.kind }

// Type returns "SMTP", "X400" or another type in upper case; the empty string
// for the zero AddressSpace.
func (a AddressSpace) Type() string {
	switch a.kind {
	case 0:
		return ""
	case SpaceOther:
		return a.text[:a.typLen]
	}
	return smtpType
}

// IsSMTP reports whether the type is SMTP.
func (a AddressSpace) IsSMTP() bool { return a.kind != 0 && a.kind != SpaceOther }

// Space returns the part between type and cost: "*", "*.contoso.com".
func (a AddressSpace) Space() string {
	switch a.kind {
	case SpaceSubtree:
		return "*." + a.text
	case SpaceAny:
		return "*"
	case SpaceAccepted:
		return "--"
	case SpaceOther:
		return a.text[int(a.typLen)+1:]
	}
	return a.text
}

// Domain returns the domain of an exact or subtree space, the zero Domain for
// the others.
func (a AddressSpace) Domain() Domain {
	if a.kind == SpaceExact || a.kind == SpaceSubtree {
		return Domain{a.text}
	}
	return Domain{}
}

// Cost returns 1 to 100; 0 for the zero AddressSpace.
func (a AddressSpace) Cost() int { return int(a.cost) }

// Local reports whether a was written with the scope of Exchange 2007, which makes its
// connector visible within its own Active Directory site only. It lets a reader of a
// configuration carry it over to IsScopedConnector and [Connector.Scoped]; no decision
// in this package depends on it.
func (a AddressSpace) Local() bool { return a.local }

// Matches reports whether a covers d. A subtree covers its apex too: unlike
// an accepted domain, *.contoso.com as an address space means contoso.com and
// everything below (Exchange topic "Send connectors"). Whether -- covers d
// depends on the accepted domains, so Matches returns false for it.
func (a AddressSpace) Matches(d Domain) bool {
	switch a.kind {
	case SpaceExact:
		return d.name == a.text
	case SpaceSubtree:
		return d.name == a.text || d.IsSubdomainOf(Domain{a.text})
	case SpaceAny:
		return d.IsValid()
	}
	return false
}

// Compare orders address spaces from the most specific to the least: exact
// domains, subtrees from the longest to the shortest, --, *, then other
// types; then by text and by cost, so that only equal spaces (scope aside)
// compare equal.
func (a AddressSpace) Compare(b AddressSpace) int {
	return cmp.Or(
		cmp.Compare(a.kind, b.kind),
		cmp.Compare(b.specificity(), a.specificity()),
		strings.Compare(a.text, b.text),
		cmp.Compare(a.cost, b.cost),
	)
}

// String returns the canonical form, "SMTP:contoso.com;1", behind "Local:" if
// that is its scope.
func (a AddressSpace) String() string {
	b, _ := a.AppendText(nil)
	return string(b)
}

// AppendText appends the canonical form to b. It never fails.
func (a AddressSpace) AppendText(b []byte) ([]byte, error) {
	if a.local {
		b = append(b, scopeLocal+":"...)
	}
	switch a.kind {
	case 0:
		return b, nil
	case SpaceExact, SpaceSubtree, SpaceAny, SpaceAccepted:
		b = append(b, smtpType+":"...)
	}
	switch a.kind {
	case SpaceSubtree:
		b = append(b, "*."...)
	case SpaceAny:
		b = append(b, '*')
	case SpaceAccepted:
		b = append(b, "--"...)
	}
	b = append(b, a.text...)
	b = append(b, ';')
	return strconv.AppendInt(b, int64(a.cost), 10), nil
}

// MarshalText returns the canonical form, empty for the zero AddressSpace.
func (a AddressSpace) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText is the inverse of MarshalText. It accepts what
// ParseAddressSpace accepts, and the empty text as the zero AddressSpace.
func (a *AddressSpace) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = AddressSpace{}
		return nil
	}
	parsed, err := ParseAddressSpace(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
