package event

import (
	"strconv"
	"strings"
	"testing"
)

// What is logged is printable ASCII of bounded length, and names the bytes that
// were; slog's handlers find nothing to escape but backslash and quote.
func FuzzPrintable(f *testing.F) {
	f.Add("plain")
	f.Add(`NT AUTHORITY\ANONYMOUS LOGON`)
	f.Add("new\nline \x1b[0m \xff\x00")
	f.Add("J\u00f6rg \u202egro.elpmaxe \u0085 \u009b31m \u2028")
	f.Add(strings.Repeat("\x00", 2*maxPrintable))
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		if len(got) > maxPrintable+8 {
			t.Fatalf("%d bytes", len(got))
		}
		if quoted := strconv.QuoteToASCII(got); quoted != `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(got)+`"` {
			t.Fatalf("%q has become %q", s, got)
		}
		if Printable(got) != got && len(got) <= maxPrintable {
			t.Fatalf("%q is escaped twice", s)
		}
	})
}
