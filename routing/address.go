package routing

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is a mailbox, local part and domain, RFC 5321 section 4.1.2 with
// the UTF-8 of RFC 6531. It is comparable; local parts compare octet by octet
// with quoting removed, so "john"@contoso.com and john@contoso.com are equal
// and John@contoso.com is another mailbox.
//
// The zero Address is invalid as a mailbox and stands for the null
// reverse-path <> where a sender is meant. See [ParseAddress] for what an
// Address can hold.
type Address struct {
	local  string // quoting removed
	domain Domain
}

// maxMailbox is Exchange's limit for an address, in octets as String writes
// it. RFC 5321 section 4.5.3.1 has 64 for a local part and 256 for a path,
// but asks for no limits where possible, and the return addresses that lists
// and forwarders make up exceed them every day.
const maxMailbox = 571

// ParseAddress parses local-part@domain without brackets or white space
// around it.
//
// The local part is a dot-string or a quoted string and may hold UTF-8 (see
// [Address.IsASCII]). Dots may also stand where a dot-string has none: some
// providers gave out addresses like amy..lee@contoso.com and amy.@contoso.com,
// which [Address.String] quotes. Controls, invalid UTF-8, an empty local part
// (even a quoted one) and source routes are refused. The domain is what
// [ParseDomain] accepts. Written as [Address.String] does, the whole has at
// most 571 octets.
//
// The domain is what follows the first @ outside of quotes, and no second one
// may follow: the quotes decide, never a search for the last @. A local part
// such as user%example.net or example.net!user is a local part and nothing
// else; see [Address.HasRouting].
func ParseAddress(s string) (Address, error) {
	a, rest, msg := parseMailbox(s)
	if msg == "" && rest != "" {
		msg = "has text after the domain"
	}
	if msg != "" {
		return Address{}, &parseError{"address", s, msg}
	}
	return a, nil
}

// MustParseAddress is ParseAddress for tests; it panics on an error.
func MustParseAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// parseMailbox parses the mailbox at the start of s. It ends with s or before
// the first > that is not quoted, where rest begins.
func parseMailbox(s string) (a Address, rest, msg string) {
	local, after, msg := parseLocal(s)
	if msg != "" {
		return Address{}, "", msg
	}
	if after == "" || after[0] != '@' {
		return Address{}, "", "has no domain; user@contoso.com is expected"
	}
	return parseRest(local, after[1:], ">")
}

// parseLocal parses the local part at the start of s and returns what follows it.
func parseLocal(s string) (local, after, msg string) {
	var n int
	if s != "" && s[0] == '"' {
		local, n, msg = parseQuoted(s)
	} else {
		local, n, msg = parseDotString(s)
	}
	if msg != "" {
		return "", "", msg
	}
	return local, s[n:], ""
}

// parseRest parses the domain at the start of s, which ends with s or before one
// of the octets in ends, where rest begins.
func parseRest(local, s, ends string) (a Address, rest, msg string) {
	a.local = local
	domain := s
	if i := strings.IndexAny(s, ends); i >= 0 {
		domain, rest = s[:i], s[i:]
	}
	if domain == "" {
		return Address{}, "", "has an empty domain"
	}
	if a.domain.name, msg = parseDomain(domain); msg != "" {
		return Address{}, "", "its domain " + msg
	}
	if a.quotedLen()+1+len(a.domain.name) > maxMailbox {
		return Address{}, "", "is longer than 571 octets"
	}
	return a, rest, ""
}

// parseDotString parses the Dot-string at the start of s, with dots anywhere, and
// returns its length. It ends before the first octet that can't be in one, if
// that is an @ or the end of a path. It needs no copy.
func parseDotString(s string) (local string, n int, msg string) {
	for n < len(s) && strings.IndexByte("@> \t", s[n]) < 0 {
		switch c := s[n]; {
		case c >= 0x80:
			size := runeSize(s[n:])
			if size == 0 {
				return "", 0, "has a control character or invalid UTF-8 in its local part"
			}
			n += size
		case c == '.' || isAtext(c):
			n++
		default:
			return "", 0, "has a character in its local part that must be quoted or is not allowed"
		}
		if n > maxInput {
			return "", 0, "is longer than 571 octets"
		}
	}
	if n == 0 {
		return "", 0, "has an empty local part"
	}
	return s[:n], n, ""
}

// parseQuoted parses the Quoted-string at the start of s, returns what it
// stands for, and its length with the quotes.
func parseQuoted(s string) (local string, n int, msg string) {
	var unescaped []byte // nil until the first quoted pair
	start := 1
	for n = 1; n < len(s) && n <= maxInput; {
		c := s[n]
		switch {
		case c == '"':
			local = s[start:n]
			if unescaped != nil {
				local = string(append(unescaped, local...))
			}
			if local == "" {
				return "", 0, "has an empty local part"
			}
			return local, n + 1, ""
		case c == '\\':
			if n+1 == len(s) || s[n+1] < ' ' || s[n+1] > '~' {
				return "", 0, "has a backslash before a character that cannot be quoted"
			}
			unescaped = append(unescaped, s[start:n]...)
			start = n + 1
			n += 2
		case c >= 0x80:
			size := runeSize(s[n:])
			if size == 0 {
				return "", 0, "has a control character or invalid UTF-8 in its local part"
			}
			n += size
		case c < ' ' || c == 0x7f:
			return "", 0, "has a control character in its local part"
		default:
			n++
		}
	}
	return "", 0, "has no closing quote"
}

// runeSize returns the length of the non-ASCII character at the start of s,
// 0 if it is none that a local part may hold. RFC 6531 excludes no character,
// but C1 controls and the Unicode line ends are no less controls than those
// of ASCII, and end lines for whoever reads a log.
func runeSize(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size <= 1 || unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) {
		return 0
	}
	return size
}

// isAtext reports whether c may stand in an atom, RFC 5322 section 3.2.3.
func isAtext(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// Local returns the local part with quoting removed. It is not fit to be put
// before an @; that is what String is for.
func (a Address) Local() string { return a.local }

// Domain returns the domain.
func (a Address) Domain() Domain { return a.domain }

// IsValid reports whether a is a mailbox: it has a local part and a domain.
func (a Address) IsValid() bool { return a.local != "" && a.domain.IsValid() }

// IsNull reports whether a is the zero Address, the null reverse-path.
func (a Address) IsNull() bool { return a == Address{} }

// WithDomain returns the mailbox of the same local part at d. It completes a
// path without a domain that [ParsePath] accepts, and is the zero Address if the
// whole would be too long.
func (a Address) WithDomain(d Domain) Address {
	if a.local == "" || !d.IsValid() || a.quotedLen()+1+len(d.name) > maxMailbox {
		return Address{}
	}
	return Address{a.local, d}
}

// IsASCII reports whether a can be sent to a server without SMTPUTF8. The
// domain always can.
func (a Address) IsASCII() bool { return isASCII(a.local) }

// HasRouting reports whether the local part holds %, ! or @: some old systems
// take user%example.net, example.net!user or "user@example.net" for an order
// to relay to example.net. This package never does, but a policy may not want
// to pass such an address on to a server that might.
func (a Address) HasRouting() bool { return strings.ContainsAny(a.local, "%!@") }

// EqualFold reports whether a and b have the same domain and local parts that
// differ at most in the case of ASCII letters. RFC 5321 leaves case to the
// server that owns the mailbox; this is for questions of ownership, such as
// whether a user may send as b.
func (a Address) EqualFold(b Address) bool {
	return a.domain == b.domain && equalFoldASCII(a.local, b.local)
}

// Compare orders addresses by domain, then by local part.
func (a Address) Compare(b Address) int {
	if c := a.domain.Compare(b.domain); c != 0 {
		return c
	}
	return strings.Compare(a.local, b.local)
}

// needsQuotes reports whether the local part is no Dot-string.
func (a Address) needsQuotes() bool {
	for i := 0; i < len(a.local); i++ {
		c := a.local[i]
		if c == '.' && (i == 0 || i == len(a.local)-1 || a.local[i-1] == '.') {
			return true
		}
		if c != '.' && c < 0x80 && !isAtext(c) {
			return true
		}
	}
	return false
}

// quotedLen returns the length of the local part as String writes it.
func (a Address) quotedLen() int {
	n := len(a.local)
	if a.needsQuotes() {
		n += 2 + strings.Count(a.local, `"`) + strings.Count(a.local, `\`)
	}
	return n
}

// String returns the address as RFC 5321 writes it, without brackets. The
// local part is quoted exactly where it must be, so that whoever reads the
// result strictly sees the same domain. The zero Address gives the empty
// string.
func (a Address) String() string {
	if a.local == "" {
		return ""
	}
	if !a.domain.IsValid() && !a.needsQuotes() {
		return a.local // <Postmaster>
	}
	b, _ := a.AppendText(make([]byte, 0, maxMailbox))
	return string(b)
}

// AppendText appends what String returns to b. It never fails.
func (a Address) AppendText(b []byte) ([]byte, error) {
	if !a.needsQuotes() {
		b = append(b, a.local...)
	} else {
		b = append(b, '"')
		for i := 0; i < len(a.local); i++ {
			if c := a.local[i]; c == '"' || c == '\\' {
				b = append(b, '\\')
			}
			b = append(b, a.local[i])
		}
		b = append(b, '"')
	}
	if a.domain.IsValid() {
		b = append(b, '@')
		b = append(b, a.domain.name...)
	}
	return b, nil
}

// MarshalText returns what String returns.
func (a Address) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText is the inverse of MarshalText. It accepts what ParseAddress
// accepts, and the empty text as the zero Address.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := ParseAddress(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
