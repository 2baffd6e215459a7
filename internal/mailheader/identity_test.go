package mailheader_test

import (
	"strings"
	"testing"
)

func TestMessageID(t *testing.T) {
	for _, tt := range []struct {
		header, id string
		wellFormed bool
	}{
		{"Message-ID: <1@a>\r\n", "<1@a>", true},
		{"message-id : <1@a> \r\n", "<1@a>", true},
		{"Message-ID:\r\n\t<1@a>\r\n", "<1@a>", true},
		{"Message-ID: <1@[192.0.2.7]>\r\n", "<1@[192.0.2.7]>", true},
		{"Message-ID: <1@a@b>\r\n", "<1@a@b>", true}, // against the grammar, and everywhere
		{"Message-ID: <1@a> (from the archive)\r\n", "<1@a>", true},
		{"Message-ID: x\r\nMessage-ID: <2@a>\r\n", "<2@a>", true},

		{"Message-ID: 1@a\r\n", "<1@a>", false},
		{"Message-ID: <1@a\r\n", "<1@a>", false},
		{"Message-ID: 1@a>\r\n", "<1@a>", false},
		{"Message-ID: < 1@a >\r\n", "<1@a>", false},
		{"Message-ID: <1@a><2@a>\r\n", "<1@a>", false},

		{"", "", false},
		{"Message-ID:\r\n", "", false},
		{"Message-ID: <>\r\n", "", false},
		{"Message-ID: 12345\r\n", "", false},
		{"Message-ID: <12345>\r\n", "", false},
		{"Message-ID: <@a>\r\n", "", false},
		{"Message-ID: <1@>\r\n", "", false},
		{"Message-ID: <1 2@a>\r\n", "", false},
		{"Message-ID: <<1@a>>\r\n", "", false},
		{"Message-ID: <1@a\r\n b>\r\n", "", false},
		{"X-Message-ID: <1@a>\r\n", "", false},
	} {
		id, wellFormed := read(t, tt.header+"\r\n").MessageID()
		if id != tt.id || wellFormed != tt.wellFormed {
			t.Errorf("%q has the Message-ID %q, well-formed %t", tt.header, id, wellFormed)
		}
	}
}

func TestHasDate(t *testing.T) {
	for value, want := range map[string]bool{
		"Sat, 28 Nov 2026 12:00:00 +0000":          true,
		"28 Nov 2026 12:00 -0500":                  true,
		"Sat, 28 Nov 2026\r\n\t12:00:00 +0100":     true,
		"Sat,  8 Nov 2026 12:00:00 +0100 (CET)":    true,
		"Sat, 8 Nov 2026 12:00:00 +0100 (CET":      false,
		"Sat, 8 Nov 2026 12:00:00 +0100 (a (b) c)": true,
		"Sat, 28 Nov 26 12:00:00 EST":              true,
		"sat, 28 nov 2026 12:00:00 GMT":            true,
		"Thu, 1 Jan 1970 00:00:00 UT":              true,
		"":                                         false,
		"yesterday":                                false,
		"Sat Nov 28 12:00:00 2026":                 false,
		"2026-11-28T12:00:00Z":                     false,
		"28.11.2026 12:00":                         false,
		"Sat, 28 Nov 2026 12:00:00":                false,
		"Sat, 31 Feb 2026 12:00:00 +0100":          false,
		"%a, %d %b %Y":                             false,
		strings.Repeat("(", 60000) + " 1 Jan 2026": false,
	} {
		if read(t, "Date: "+value+"\r\n\r\n").HasDate() != want {
			t.Errorf("HasDate with %.60q isn't %t", value, want)
		}
	}
	if read(t, "Subject: x\r\n\r\n").HasDate() {
		t.Error("a date without a field")
	}
	const good = "Date: Sat, 28 Nov 2026 12:00:00 +0000\r\n"
	if !read(t, good+"Date: x\r\n\r\n").HasDate() || read(t, "Date: x\r\n"+good+"\r\n").HasDate() {
		t.Error("it isn't the first of two dates that counts")
	}
}

// A date as nearly every program writes it costs next to nothing to check.
func TestHasDateAllocates(t *testing.T) {
	for _, value := range []string{"Sat, 28 Nov 2026 12:00:00 +0000", "Sat, 28 Nov 2026 12:00:00 +0000 (UTC)"} {
		h := read(t, "Date: "+value+"\r\n\r\n")
		if n := testing.AllocsPerRun(100, func() { h.HasDate() }); n > 1 {
			t.Errorf("checking %q allocates %v times, want at most once", value, n)
		}
	}
}

// FuzzIdentity: what is made of a Message-ID is well-formed, and nothing panics.
func FuzzIdentity(f *testing.F) {
	for _, seed := range []string{"<1@a>", "1@a", "< 1@a> (x)", "<1@a><b", "Sat, 28 Nov 2026 12:00:00 +0000 (CET)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n") {
			t.Skip()
		}
		h := read(t, "Message-ID: "+value+"\r\nDate: "+value+"\r\n\r\n")
		h.HasDate()
		id, wellFormed := h.MessageID()
		if id == "" {
			if wellFormed {
				t.Fatalf("%q is no Message-ID, and well-formed", value)
			}
			return
		}
		again, wellFormed := read(t, "Message-ID: "+id+"\r\n\r\n").MessageID()
		if again != id || !wellFormed {
			t.Fatalf("%q became %q and then %q, well-formed %t", value, id, again, wellFormed)
		}
	})
}
