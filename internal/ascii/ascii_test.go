package ascii_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		" a~b ":                 " a~b ",
		"a\r\nb\tc\x00d\x7fe":   "a??b?c?d?e",
		"M\u00fcller \u202eabc": "M?ller ?abc",
		"\xff\xc3(":             "??(",
		"\x1b[31m":              "?[31m",
	} {
		if got := ascii.Printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
		if got := ascii.IsPrintable(in); got != (in == want) {
			t.Errorf("IsPrintable(%q) is %v", in, got)
		}
	}
}

func TestPrintableTextIsNotCopied(t *testing.T) {
	text := "a line of a log that is long enough to be on the heap"
	if n := testing.AllocsPerRun(100, func() { _ = ascii.Printable(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What is logged is printable, of bounded length, and can be read back.
func FuzzEscape(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\r\n\\\xff")
	f.Fuzz(func(t *testing.T, s string) {
		e := ascii.Escape(s)
		if !ascii.IsPrintable(e) || len(e) > 1100 {
			t.Errorf("%q escaped as %q", s, e)
		}
		back, err := strconv.Unquote(`"` + strings.ReplaceAll(e, `"`, `\"`) + `"`)
		if len(e) <= 1024 && (err != nil || back != s) {
			t.Errorf("%q escaped as %q, which is %q: %v", s, e, back, err)
		}
	})
}
