package routing

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is a mailbox, local part and domain, RFC 5321 section 4.1.2 with
// the UTF-8 of RFC 6531. It is comparable; local parts compare byte by byte
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

// maxMailbox is Exchange's limit for an address, in bytes of the text that
// String returns. RFC 5321 section 4.5.3.1 has 64 for a local part and 256 for a
// path, but advises against enforcing them, and the return addresses of mailing
// lists and forwarders exceed them every day.
const maxMailbox = 571

// ParseAddress parses local-part@domain without brackets or white space
// around it.
//
// The local part is a dot-string or a quoted string and may hold UTF-8 (see
// [Address.IsASCII]). Dots may also stand where a dot-string has none: some
// providers gave out addresses like amy..lee@contoso.com and amy.@contoso.com,
// which [Address.String] quotes. Controls, invalid UTF-8, an empty local part
// (even a quoted one) and source routes are refused. The domain must be one
// that [ParseDomain] accepts. The text of [Address.String] has at most 571
// bytes.
//
// The domain follows the first @ outside of quotes, and a second @ outside of
// quotes is an error; ParseAddress never searches for the last @. A local part
// such as user%example.net or example.net!user is only a local part; see
// [Address.HasRouting].
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

// parseMailbox parses the mailbox at the start of s. The mailbox ends at the end
// of s or before the first > that is not quoted; rest is the text from there on.
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

// parseLocal parses the local part at the start of s and returns the text after it.
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

// parseRest parses the domain at the start of s. The domain ends at the end of s
// or before one of the characters in ends; rest is the text from there on.
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
		return Address{}, "", "is longer than 571 bytes"
	}
	return a, rest, ""
}

// parseDotString parses the Dot-string at the start of s, in which dots may stand
// anywhere, and returns its length. It must end before an @ or at the end of a
// path. The result shares the memory of s.
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
			return "", 0, "is longer than 571 bytes"
		}
	}
	if n == 0 {
		return "", 0, "has an empty local part"
	}
	return s[:n], n, ""
}

// parseQuoted parses the Quoted-string at the start of s and returns its content
// and its length with the quotes.
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

// runeSize returns the length of the non-ASCII character at the start of s, or
// 0 if a local part may not hold it. RFC 6531 excludes no character; C1 controls
// and the Unicode line ends are refused as the controls of ASCII are, because
// they end lines in logs.
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

// Local returns the local part with quoting removed. To write an address use
// String, which quotes it.
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

// IsASCII reports whether a can be sent to a server without SMTPUTF8, that is,
// whether its local part is ASCII.
func (a Address) IsASCII() bool { return isASCII(a.local) }

// HasRouting reports whether the local part holds %, ! or @: some old systems
// read user%example.net, example.net!user or "user@example.net" as an order to
// relay to example.net. This package never does; a policy may refuse to pass
// such an address on to a server that might.
func (a Address) HasRouting() bool { return strings.ContainsAny(a.local, "%!@") }

// EqualFold reports whether a and b have the same domain and local parts that
// differ at most in the case of ASCII letters. RFC 5321 leaves case to the
// server that owns the mailbox; use EqualFold for questions of ownership, such
// as whether a user may send as b.
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

// needsQuotes reports whether the local part is not a Dot-string.
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
// local part is quoted exactly where it must be, so that a strict parser finds
// the same domain in the result. The zero Address gives the empty string.
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

// MarshalText returns the text of String.
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
