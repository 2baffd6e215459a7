package logfile

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCell(t *testing.T) {
	for _, c := range []struct {
		cell  string
		limit int
		want  string
	}{
		{"", 10, ""},
		{`EX01\Default`, 100, `EX01\Default`},
		{"Betreff, mit Komma", 100, `"Betreff, mit Komma"`},
		{`say "hi"`, 10, `"say ""hi"""`},
		{"Jörg €", 10, "Jörg €"},
		{"a\r\n2026,b", 100, `"a<0D><0A>2026,b"`},
		{"\x1b[2J\x00\xff", 100, "<1B>[2J<00><FF>"},
		{"a\u202eb\u2028c\u0085", 100, "a<E2><80><AE>b<E2><80><A8>c<C2><85>"},
		{"12345678901", 10, "1234567890..."},
		{"123456789€1", 10, "123456789€..."},
	} {
		if got := string(appendCell(nil, c.cell, c.limit)); got != c.want {
			t.Errorf("%q has become %q, want %q", c.cell, got, c.want)
		}
	}
}

// What is written is one line of UTF-8 without control characters, of bounded length, and Go's
// csv reads it back as the cells.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"plain", `"`, "a,b", "\r\n#Fields:", "\x00\xff", "\u202e", strings.Repeat("\x00", 2*maxCell), strings.Repeat("€", maxCell)} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		line := append(appendCell(nil, a, maxCell), ',')
		line = append(appendCell(append(line, "x,"...), b, maxCell), "\r\n"...)
		if !utf8.Valid(line) || bytes.ContainsFunc(line[:len(line)-2], func(r rune) bool { return r < ' ' || r == 0x7f }) || len(line) > 2*(2*maxCell+50) {
			t.Fatalf("%q", line)
		}
		cells, err := csv.NewReader(bytes.NewReader(line)).Read()
		if err != nil || len(cells) != 3 {
			t.Fatalf("%q is %q: %v", line, cells, err)
		}
		if len(a) <= maxCell && !strings.ContainsFunc(a, isEscaped) && cells[0] != a {
			t.Fatalf("%q has become %q", a, cells[0])
		}
	})
}
