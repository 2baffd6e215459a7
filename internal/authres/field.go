package authres

import (
	"strings"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// Field is an Authentication-Results field.
type Field struct {
	Service string // the server that writes it (authserv-id)
	Results []Result
	Comment string // behind the results; "": no comment
}

// Result is the result of one method.
type Result struct {
	Method     string     // such as spf; a token
	Value      string     // such as pass; a token
	Reason     string     // why; "": not given
	Comment    string     // for people; "": no comment
	Properties []Property // those without a value are left out
}

// Property is a fact that a method has used, such as header.d.
type Property struct{ Name, Value string }

// maxText is how many bytes of a value are written.
const maxText = 255

// String returns the whole field without the CRLF at its end. Every value may hold anything: it
// is written so that it stays one value on one line.
func (f Field) String() string {
	var b strings.Builder
	b.WriteString("Authentication-Results: ")
	b.WriteString(word(f.Service))
	if len(f.Results) == 0 {
		b.WriteString("; none")
	}
	for _, r := range f.Results {
		b.WriteString(";\r\n\t")
		r.write(&b)
	}
	if f.Comment != "" {
		b.WriteString("\r\n\t" + comment(f.Comment))
	}
	return b.String()
}

// write appends the result.
func (r *Result) write(b *strings.Builder) {
	b.WriteString(r.Method + "=" + r.Value)
	if r.Comment != "" {
		b.WriteString(" " + comment(r.Comment))
	}
	if r.Reason != "" {
		b.WriteString(" reason=" + quote(r.Reason))
	}
	for _, p := range r.Properties {
		if p.Value != "" {
			b.WriteString(" " + p.Name + "=" + word(p.Value))
		}
	}
}

// word returns s as a token if it can be one, and quoted otherwise.
func word(s string) string {
	for i := range len(s) {
		if !isToken(s[i]) {
			return quote(s)
		}
	}
	if s == "" || len(s) > maxText {
		return quote(s)
	}
	return s
}

// quote returns s as a quoted string of printable ASCII.
func quote(s string) string { return `"` + escape(s, `"\`) + `"` }

// comment returns s as a comment of printable ASCII.
func comment(s string) string { return "(" + escape(s, `()\`) + ")" }

// escape puts a backslash before each of the special characters in s, and writes ? for what
// isn't printable ASCII.
func escape(s, special string) string {
	s = ascii.Printable(s[:min(len(s), maxText)])
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if strings.IndexByte(special, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
