package routing

import (
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// Domain is a mail domain in canonical form: lower-case A-labels without a
// trailing dot, or an address literal in brackets. It is comparable, and two
// Domains are the same domain exactly if they are equal. The zero Domain is
// invalid and prints as the empty string.
//
// See [ParseDomain] for what it can hold.
type Domain struct {
	// name is canonical, so that comparison and look-up need no folding. It
	// may share memory with the string it was parsed from.
	name string
}

const (
	maxLabel  = 63  // RFC 1035 section 2.3.4
	maxDomain = 253 // text form of 255 bytes on the wire
)

// uLabels turns U-labels into A-labels as IDNA 2008 defines them (RFC 5891): nothing is
// mapped, so a character that stands for another one, such as the long s, the Kelvin
// sign or a full-width letter, is refused. So two domains that other servers
// distinguish stay two here. It is used for labels that hold a byte above 127 and to
// check A-labels; checkLabel checks plain ASCII labels.
var uLabels = idna.New(
	idna.ValidateForRegistration(),
	idna.Transitional(false), // ß and ss stay two domains
	idna.CheckHyphens(true),
	idna.CheckJoiners(true),
)

// ParseDomain returns the canonical form of s, which is a host name of one or
// more labels or an address literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]".
//
// Letters are folded to lower case, and one trailing dot is dropped. A label
// with other than ASCII letters becomes an A-label by IDNA 2008. No other
// folding takes place: a character that IDNA disallows, though it may look
// like an allowed one, is refused. A-labels in s must be what IDNA would have
// made. Labels have 1 to 63 letters, digits, hyphens (not first or last) and
// underscores, which RFC 5321 does not know but Windows host names contain; a
// label that becomes an A-label has no underscores. The name has at most 253
// bytes, and its last label is not all digits: resolvers read such names as
// addresses.
//
// In a literal, an IPv4-mapped IPv6 address becomes IPv4; zones, leading
// zeros and other kinds of literal are refused.
//
// ParseDomain does not allocate when s is canonical ASCII already.
func ParseDomain(s string) (Domain, error) {
	name, msg := parseDomain(s)
	if msg != "" {
		return Domain{}, &parseError{"domain", s, msg}
	}
	return Domain{name}, nil
}

// MustParseDomain is ParseDomain for tests and hard-coded names; it panics
// on an error.
func MustParseDomain(s string) Domain {
	d, err := ParseDomain(s)
	if err != nil {
		panic(err)
	}
	return d
}

// parseDomain returns the canonical name, or the mistake in s.
func parseDomain(s string) (name, msg string) {
	switch {
	case s == "":
		return "", "is empty: give a domain, such as contoso.com"
	case len(s) > maxInput:
		return "", "is too long"
	case s[0] == '[':
		return parseLiteral(s)
	}
	if !isASCII(s) {
		ascii, ok := encodeLabels(s)
		if !ok {
			return "", "is not an internationalized domain name (IDNA)"
		}
		s = ascii
	}
	name = lowerASCII(strings.TrimSuffix(s, "."))
	if msg := checkName(name); msg != "" {
		return "", msg
	}
	return name, ""
}

// encodeLabels returns s with its U-labels as A-labels. It checks each label by
// itself, so a name is accepted in Unicode exactly if it is accepted with
// A-labels.
func encodeLabels(s string) (string, bool) {
	labels := strings.Split(s, ".")
	for i, label := range labels {
		if isASCII(label) {
			continue
		}
		ascii, err := uLabels.ToASCII(strings.Map(lowerLetter, label))
		if err != nil {
			return "", false
		}
		labels[i] = ascii
	}
	return strings.Join(labels, "."), true
}

// lowerLetter returns the lower case of a capital letter, and every other
// character as it is. A capital is the upper case of its own lower case, so the
// Kelvin sign, whose lower case is k, isn't one. Of Cherokee letters IDNA allows
// the capitals, so those stay.
func lowerLetter(r rune) rune {
	if unicode.Is(unicode.Cherokee, r) {
		return r
	}
	if lower := unicode.ToLower(r); unicode.ToUpper(lower) == r {
		return lower
	}
	return r
}

// checkName checks a lower-case ASCII name.
func checkName(name string) string {
	if len(name) > maxDomain {
		return "is longer than 253 bytes"
	}
	for rest, more := name, true; more; {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		if msg := checkLabel(label); msg != "" {
			return msg
		}
		if !more && allDigits(label) {
			return "ends in a number; an address literal is written [192.0.2.1]"
		}
	}
	return ""
}

func checkLabel(label string) string {
	if label == "" {
		return "has an empty label"
	}
	if len(label) > maxLabel {
		return "has a label of more than 63 bytes"
	}
	if label[0] == '-' || label[len(label)-1] == '-' {
		return "has a label that begins or ends with a hyphen"
	}
	for i := 0; i < len(label); i++ {
		if c := label[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' {
			return "has a character other than letters, digits, hyphens, underscores and dots"
		}
	}
	if strings.HasPrefix(label, "xn--") {
		// An A-label that decodes to something else than it was made from
		// would give one domain two names.
		if a, err := uLabels.ToASCII(label); err != nil || a != label {
			return "has a label that begins with xn-- but is not an A-label"
		}
	}
	return ""
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// parseLiteral parses an address literal, RFC 5321 section 4.1.3.
func parseLiteral(s string) (name, msg string) {
	const wanted = "is not an address literal such as [192.0.2.1] or [IPv6:2001:db8::1]"
	const tag = "IPv6:"
	if len(s) < 2 || s[len(s)-1] != ']' {
		return "", wanted
	}
	text := s[1 : len(s)-1]
	if len(text) > len(tag) && equalFoldASCII(text[:len(tag)], tag) {
		addr, err := netip.ParseAddr(text[len(tag):])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", wanted
		}
		if addr.Is4In6() {
			// The same host, so it must be the same domain.
			return "[" + addr.Unmap().String() + "]", ""
		}
		if canon := addr.String(); canon != text[len(tag):] || !strings.HasPrefix(text, tag) {
			return "[" + tag + canon + "]", ""
		}
		return s, ""
	}
	// netip refuses leading zeros, which some parsers read as octal.
	if addr, err := netip.ParseAddr(text); err != nil || !addr.Is4() {
		return "", wanted
	}
	return s, ""
}

// IsValid reports whether d is not the zero Domain.
func (d Domain) IsValid() bool { return d.name != "" }

// IsLiteral reports whether d is an address literal.
func (d Domain) IsLiteral() bool { return d.name != "" && d.name[0] == '[' }

// Literal returns the address of an address literal. It returns false for
// names and for the zero Domain.
func (d Domain) Literal() (netip.Addr, bool) {
	if !d.IsLiteral() {
		return netip.Addr{}, false
	}
	text := strings.TrimPrefix(d.name[1:len(d.name)-1], "IPv6:")
	addr, err := netip.ParseAddr(text)
	return addr, err == nil
}

// SingleLabel reports whether d is a name without a dot, such as localhost.
func (d Domain) SingleLabel() bool {
	return d.name != "" && d.name[0] != '[' && strings.IndexByte(d.name, '.') < 0
}

// Parent returns the domain without its first label. It returns false for a
// single label, an address literal and the zero Domain.
func (d Domain) Parent() (Domain, bool) {
	if i := strings.IndexByte(d.name, '.'); i >= 0 && d.name[0] != '[' {
		return Domain{d.name[i+1:]}, true
	}
	return Domain{}, false
}

// IsSubdomainOf reports whether d lies below parent. A domain is not a subdomain
// of itself, and address literals have no subdomains.
func (d Domain) IsSubdomainOf(parent Domain) bool {
	n := len(d.name) - len(parent.name)
	return parent.name != "" && n > 1 && d.name[0] != '[' &&
		d.name[n-1] == '.' && d.name[n:] == parent.name
}

// labels returns the number of labels.
func (d Domain) labels() int {
	if d.name == "" || d.name[0] == '[' {
		return 0
	}
	return strings.Count(d.name, ".") + 1
}

// Compare orders domains by their canonical text, the zero Domain first.
func (d Domain) Compare(other Domain) int { return strings.Compare(d.name, other.name) }

// String returns the canonical name: ASCII, fit for the wire.
func (d Domain) String() string { return d.name }

// Unicode returns the name with its A-labels decoded, for people to read. Don't
// compare or send it: different domains can look alike.
func (d Domain) Unicode() string {
	if !strings.Contains(d.name, "xn--") {
		return d.name
	}
	labels := strings.Split(d.name, ".")
	for i, label := range labels {
		if u, err := idna.Lookup.ToUnicode(label); err == nil {
			labels[i] = u
		}
	}
	return strings.Join(labels, ".")
}

// AppendText appends the canonical name to b. It never fails.
func (d Domain) AppendText(b []byte) ([]byte, error) { return append(b, d.name...), nil }

// MarshalText returns the canonical name, empty for the zero Domain.
func (d Domain) MarshalText() ([]byte, error) { return []byte(d.name), nil }

// UnmarshalText is the inverse of MarshalText. It accepts what ParseDomain
// accepts, and the empty text as the zero Domain.
func (d *Domain) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Domain{}
		return nil
	}
	parsed, err := ParseDomain(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
