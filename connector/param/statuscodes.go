package param

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// StatusCodes is a list of enhanced status codes (RFC 3463), such as 5.4.6. StatusCodes are
// comparable: the order in which codes were given doesn't count. The zero StatusCodes is empty.
type StatusCodes struct {
	text string // the codes, each once and the greatest first, with ", " between them
}

// ParseStatusCodes parses codes with commas or blanks between them. Of text without codes it returns the
// empty list.
func ParseStatusCodes(s string) (StatusCodes, error) {
	var all [][3]int
	for _, code := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", \t\r\n;|", r) }) {
		parts, ok := statusCode(code)
		if !ok {
			return StatusCodes{}, fmt.Errorf("%q is not an enhanced status code; give three numbers, the first of them 2, 4 or 5, as in 5.4.6", code)
		}
		all = append(all, parts)
	}
	slices.SortFunc(all, func(a, b [3]int) int { return slices.Compare(b[:], a[:]) })
	var texts []string
	for _, c := range slices.Compact(all) {
		texts = append(texts, fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2]))
	}
	return StatusCodes{strings.Join(texts, ", ")}, nil
}

// MustParseStatusCodes is ParseStatusCodes for tests; it panics.
func MustParseStatusCodes(s string) StatusCodes { return must(ParseStatusCodes(s)) }

// statusCode returns the numbers of a code: a class, and two of up to three digits without leading zeros.
func statusCode(s string) (code [3]int, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != len(code) || !slices.Contains([]string{"2", "4", "5"}, parts[0]) {
		return code, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n > 999 || strconv.FormatUint(n, 10) != p {
			return code, false
		}
		code[i] = int(n)
	}
	return code, true
}

// All yields the codes, the greatest first.
func (c StatusCodes) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := c.text; rest != ""; {
			var code string
			if code, rest, _ = strings.Cut(rest, ", "); !yield(code) {
				return
			}
		}
	}
}

// Has reports whether a code is in the list.
func (c StatusCodes) Has(code string) bool {
	for have := range c.All() {
		if have == code {
			return true
		}
	}
	return false
}

// String returns the codes with commas between them, "none" for the empty list.
func (c StatusCodes) String() string { return cmp.Or(c.text, "none") }

// MarshalText implements [encoding.TextMarshaler]. The text of the empty list is empty.
func (c StatusCodes) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *StatusCodes) UnmarshalText(text []byte) error { return unmarshal(c, ParseStatusCodes, text) }
