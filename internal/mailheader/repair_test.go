package mailheader_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

func TestRepair(t *testing.T) {
	const fields = "From: a@contoso.com\r\nSubject: x\r\n"
	for _, tc := range []struct{ name, msg, want string }{
		{"nothing to do", fields + "\r\nbody\r\n", ""},
		{"folded fields", "Subject: a\r\n b\r\n\tc: d\r\n\r\nbody\r\n", ""},
		{"header alone", fields, ""},
		{"header and its end", fields + "\r\n", ""},
		{"no message", "", ""},
		{"line of a mailbox file", "From a@contoso.com Sat Nov 28 20:00:00 2026\r\n" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"the same, quoted", ">From a@contoso.com Sat Nov 28 20:00:00 2026\r\nTo: b\r\n\r\nbody\r\n", "To: b\r\n\r\nbody\r\n"},
		{"From without its colon", "From a@contoso.com\r\nTo: b\r\n\r\nbody\r\n", "To: b\r\n\r\nbody\r\n"},
		{"junk in front", "HTTP/1.0 200 OK\r\n folded\r\n" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"empty lines in front", "\r\n\r\n" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"empty lines in front of text", "\r\n\r\nHello.\r\n", ""},
		{"line of a mailbox file, and an empty line", "From a Sat Nov 28 20:00:00 2026\r\n\r\n" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"an empty line, and a line of a mailbox file", "\r\nFrom a Sat Nov 28 20:00:00 2026\r\n" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"text that begins like a mailbox file", "From now on:\r\n\r\nno lunch\r\n", "\r\nFrom now on:\r\n\r\nno lunch\r\n"},
		{"byte order mark", "\uFEFF" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"blanks in front", " \t" + fields + "\r\nbody\r\n", fields + "\r\nbody\r\n"},
		{"byte order mark in front of text", "\uFEFFAlarm\r\n", "\r\n\uFEFFAlarm\r\n"},
		{"From without its colon between fields", "To: b\r\nFrom a@contoso.com\r\nSubject: x\r\n\r\nbody\r\n", "To: b\r\nSubject: x\r\n\r\nbody\r\n"},
		{"From with a blank before its colon", "From : a@contoso.com\r\nSubject : x\r\n\r\nbody\r\n", ""},
		{"the same, folded", "To: b\r\nFrom a@contoso.com\r\n (Ann)\r\nSubject: x\r\n\r\nbody\r\n", ""},
		{"text that begins with From", "Subject: x\r\nFrom now on: no lunch\r\n", "Subject: x\r\n\r\nFrom now on: no lunch\r\n"},
		{"empty lines and no more", "\r\n\r\n", ""},
		{"text with a colon behind an empty line", "\r\nNote: hello.\r\n", ""},
		{"no empty line before the text", fields + "Hello all,\r\nnote: this\r\n\r\nis text.\r\n", fields + "\r\nHello all,\r\nnote: this\r\n\r\nis text.\r\n"},
		{"text alone", "Hello.\r\nHow are you?\r\n\r\nBye\r\n", "\r\nHello.\r\nHow are you?\r\n\r\nBye\r\n"},
		{"text alone that looks like a field", "Alarm: door open\r\n", "\r\nAlarm: door open\r\n"},
		{"text alone, partly", "Alarm: door open\r\nPlease look.\r\n\r\nBye\r\n", "\r\nAlarm: door open\r\nPlease look.\r\n\r\nBye\r\n"},
		{"text alone, without line end", "Hello.", "\r\nHello."},
		{"only fields of its own", "X-Alarm: door\r\n\r\nopen\r\n", ""},
		{"a line in the middle of a header", "From: a\r\njunk\r\nSubject: x\r\n\r\nbody\r\n", ""},
		{"text with one common word", "Hi,\r\nSubject: lunch\r\n\r\nBye\r\n", ""},
		{"odd line ends behind a blank", " From: a\rTo: b\nSubject: x\r\n\r\nbody\r\n", ""},
		{"odd line ends", "junk\rFrom: a\r\nTo: b\nSubject: x\r\n\r\nbody\r\n", ""},
	} {
		if tc.want == "" {
			tc.want = tc.msg
		}
		h := read(t, tc.msg)
		if err := h.Repair(0); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := all(t, h.Message()); got != tc.want {
			t.Errorf("%s: %q became %q, want %q", tc.name, tc.msg, got, tc.want)
		}
	}
}

// What a repaired header begins with is looked at like every other.
func TestRepairBeforeFilter(t *testing.T) {
	for msg, want := range map[string]string{
		"\r\nFrom: a\r\nX-Org-SCL: 1\r\n\r\nbody":                 "A: b\r\nFrom: a\r\n\r\nbody",
		"From a\r\nX-Org-SCL: 1\r\nFrom: a\r\n\r\nbody":           "A: b\r\nFrom: a\r\n\r\nbody",
		"From: a\r\nX-Org-SCL: 1\r\ntext\r\nX-Org-SCL: 1\r\n":     "A: b\r\nFrom: a\r\n\r\ntext\r\nX-Org-SCL: 1\r\n",
		"\uFEFFFrom: a\r\nX-Org-SCL: 1\r\n\r\nbody":               "A: b\r\nFrom: a\r\n\r\nbody",
		" From: a\r\nFrom a\r\nX-Org-SCL: 1\r\nTo: b\r\n\r\nbody": "A: b\r\nFrom: a\r\nTo: b\r\n\r\nbody",
		"text\r\nX-Org-SCL: 1\r\n":                                "A: b\r\n\r\ntext\r\nX-Org-SCL: 1\r\n",
		"From: a\r\njunk\r\nTo: b\r\nX-Org-SCL: 1\r\n\r\nbody":    "A: b\r\nFrom: a\r\njunk\r\nTo: b\r\n\r\nbody",
		"X-Org-SCL: 1\r\nAlarm: on\r\n\r\nX-Org-SCL: 1 (text)\r":  "A: b\r\nAlarm: on\r\n\r\nX-Org-SCL: 1 (text)\r",
	} {
		h := read(t, msg)
		if err := h.Repair(0); err != nil {
			t.Fatal(err)
		}
		h.Filter(firewalled)
		h.Prepend([]byte("A: b\r\n"))
		if got := all(t, h.Message()); got != want {
			t.Errorf("%q became %q, want %q", msg, got, want)
		}
	}
}

func TestRepairReadsWithinBounds(t *testing.T) {
	h := read(t, "\r\n"+strings.Repeat("From: a\r\n", 100)+"\r\n")
	if err := h.Repair(500); !errors.Is(err, mailheader.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
	broken := errors.New("client gone")
	h, err := mailheader.Read(io.MultiReader(strings.NewReader("\r\nFrom: a\r\n"), iotest.ErrReader(broken)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Repair(0); !errors.Is(err, broken) {
		t.Errorf("%v, want what broke the message off", err)
	}
}

func TestIsMailbox(t *testing.T) {
	for line, want := range map[string]bool{
		"From a": true, "From a Sat Nov 28 20:00:00 2026\r\n": true, ">From a": true, "From ": true,
		"From: a": false, "From : a": false, "From \t: a": false, "from a": false, "Fromage": false, "": false,
	} {
		if mailheader.IsMailbox([]byte(line)) != want {
			t.Errorf("IsMailbox(%q) isn't %t", line, want)
		}
	}
}

func TestHas(t *testing.T) {
	h := read(t, "Message-ID: \r\n \t\r\nmessage-id : <1@x>\r\nDate:\r\nFrom: a\r\n\r\n")
	for name, want := range map[string]bool{"Message-ID": true, "Date": false, "FROM": true, "To": false} {
		if h.Has(name) != want {
			t.Errorf("Has(%s) = %t", name, !want)
		}
	}
	h.Filter(func(name string) bool { return name != "From" })
	if h.Has("From") {
		t.Error("a dropped field is there")
	}
}

// FuzzRepair: of what is repaired nothing is lost but what stands in front of the
// first field and From lines without a colon, nothing is added but one empty line,
// and a repaired header needs no repair.
func FuzzRepair(f *testing.F) {
	for _, seed := range []string{
		"From: a\r\n\r\nbody", "From a b\r\nFrom: a\r\n\r\nbody", "\r\n\r\nTo: b\r\n\r\nbody",
		"text\r\n", "From: a\r\ntext\r\nmore\r\n\r\nx", " x\r\nFrom: a\r\nTo: b\r\n", "A: b\n\r\nFrom: x\r\n", "From: a",
		"\uFEFFTo: b\r\nFrom a\r\nTo: c\r\n", "From a\r\n\r\nFrom a\r\nTo: b\r\n\r\nbody",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, msg string) {
		h := read(t, msg)
		if err := h.Repair(0); err != nil {
			t.Fatal(err)
		}
		got := all(t, h.Message())
		if !isMended(msg, got) && !isMended(withoutFromLines(msg), withoutFromLines(got)) {
			t.Fatalf("%q became %q", msg, got)
		}
		again := read(t, got)
		if err := again.Repair(0); err != nil {
			t.Fatal(err)
		}
		if twice := all(t, again.Message()); twice != got {
			t.Fatalf("%q became %q and then %q", msg, got, twice)
		}
	})
}

// withoutFromLines returns msg without the lines of a mailbox file.
func withoutFromLines(msg string) string {
	var b strings.Builder
	for line := range strings.Lines(msg) {
		if !mailheader.IsMailbox([]byte(line)) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// isMended reports whether got is the end of msg, but for one line end more.
func isMended(msg, got string) bool {
	if strings.HasSuffix(msg, got) {
		return true
	}
	for i := range got {
		if strings.HasPrefix(got[i:], "\r\n") && strings.HasSuffix(msg, got[:i]+got[i+2:]) {
			return true
		}
	}
	return false
}
