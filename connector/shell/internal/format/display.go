package format

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// defaultEnumeration is $FormatEnumerationLimit as PowerShell sets it.
const defaultEnumeration = 4

// Options say how lists and tables are printed.
type Options struct {
	Width       int  // characters of a line; 0: as many as it takes
	Enumeration int  // list elements shown, $FormatEnumerationLimit; 0: 4, negative: all
	Headless    bool // a table without its headings
}

// display returns v as lists and tables show it.
func (o Options) display(v object.Value) string {
	switch v := v.(type) {
	case *object.List:
		return o.braces(len(v.Items), func(i int) string { return plain(object.Text(object.NewList(v.Items[i]))) })
	case *object.Table:
		names := v.Names()
		return o.braces(len(names), func(i int) string {
			value, _ := v.Get(names[i])
			return "[" + plain(names[i]) + ", " + plain(object.Text(object.NewList(value))) + "]"
		})
	}
	return plain(object.Text(v))
}

// braces prints n elements in braces, and an ellipsis for those above the limit.
func (o Options) braces(n int, element func(int) string) string {
	limit := o.Enumeration
	if limit == 0 {
		limit = defaultEnumeration
	}
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		if limit > 0 && i == limit {
			b.WriteString("...")
			break
		}
		b.WriteString(element(i))
	}
	b.WriteByte('}')
	return b.String()
}

// plain replaces what would steer a terminal: a name in an export must not be
// able to. Line breaks stay.
func plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069: // and what turns text around
			return utf8.RuneError
		}
		return r
	}, s)
}

func width(s string) int { return utf8.RuneCountInString(s) }
