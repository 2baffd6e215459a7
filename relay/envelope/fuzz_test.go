package envelope_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/envelope"
)

// isCommandText reports whether s can stand in a parameter: printable, without
// blanks, and ASCII only unless inUTF8 is set.
func isCommandText(s string, inUTF8 bool) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7F || c > '~' && (!inUTF8 || c < 0xA0) })
}

// FuzzXtext: whatever AppendXtext writes can stand in a command, is xtext if its
// argument was, and means the same.
func FuzzXtext(f *testing.F) {
	f.Add("a+2Bb")   // xtext
	f.Add("a=b c")   // not xtext
	f.Add("+4\r\nX") // an injection
	f.Add("ü\xff")   // not ASCII
	f.Fuzz(func(t *testing.T, s string) {
		written := string(envelope.AppendXtext(nil, s))
		if !isCommandText(written, false) || strings.Contains(written, "=") {
			t.Fatalf("%q became %q", s, written)
		}
		text, ok := envelope.DecodeXtext(s)
		if !ok {
			return
		}
		if again, ok := envelope.DecodeXtext(written); !ok || again != text {
			t.Errorf("%q means %q; %q means %q, %v", s, text, written, again, ok)
		}
		if id, ok := envelope.ParseEnvID(s); ok && (id != written || len(text) > 100) {
			t.Errorf("ParseEnvID(%q) = %q, want %q", s, id, written)
		}
	})
}

// FuzzORcpt: what ParseORcpt accepts can be written into a command for any host,
// and be decoded; a host without SMTPUTF8 gets the same address.
func FuzzORcpt(f *testing.F) {
	f.Add("rfc822;b+2B1@example.net")              // as RFC 3461 has it
	f.Add(`utf-8;\x{E4}用@example.net`)             // as RFC 6533 has it
	f.Add("rfc822;+E7+94+A8+E6+88+B7@example.net") // as Postfix has it
	f.Add("x500;/o=x")                             // an unencoded =
	f.Add("rfc822;a\r\nDATA")                      // an injection
	f.Fuzz(func(t *testing.T, s string) {
		orcpt, ok := envelope.ParseORcpt(s)
		if !ok {
			return
		}
		if again, ok := envelope.ParseORcpt(orcpt); len(orcpt) <= 500 && (!ok || again != orcpt) {
			t.Errorf("%q became %q, and that %q, %v", s, orcpt, again, ok)
		}
		_, address, decoded := envelope.DecodeORcpt(orcpt)
		for _, inUTF8 := range []bool{false, true} {
			written := string(envelope.AppendORcpt(nil, orcpt, inUTF8))
			if !isCommandText(written, inUTF8) {
				t.Errorf("%q is written as %q", orcpt, written)
			}
			if _, got, ok := envelope.DecodeORcpt(written); decoded && (!ok || got != address) {
				t.Errorf("%q means %q; written as %q it means %q, %v", orcpt, address, written, got, ok)
			}
		}
		if _, got, ok := envelope.DecodeORcpt("utf-8;" + string(envelope.AppendUnicode(nil, address))); decoded && (!ok || got != address) {
			t.Errorf("%q becomes %q, %v through AppendUnicode", address, got, ok)
		}
	})
}
