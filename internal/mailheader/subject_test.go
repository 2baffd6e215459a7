package mailheader

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Subjects as logs and the queue have them.
func TestSubject(t *testing.T) {
	for text, want := range map[string]string{
		"From: a@b\r\n\r\n":                                             "",
		"Subject: Hello\r\n\r\n":                                        "Hello",
		"subject:\r\n folded,\r\n\t\"text\"\r\n\r\n":                    `folded, "text"`,
		"Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?IQ==?=\r\n\r\n": "Grüße!",
		"Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n\r\n":                   "Grüße",
		"Subject: =?koi8-r?Q?=C1?=\r\n\r\n":                             "=?koi8-r?Q?=C1?=",
		"Subject: =?UTF-8?Q?a=0D=0Ab=E2=80=AEc?=\r\n\r\n":               "a??b?c",
		"Subject: Gr\xfc\xdfe\r\n\r\n":                                  "Gr??e",
		"Subject: " + strings.Repeat("ü", 300) + "\r\n\r\n":             strings.Repeat("ü", 127),
		"Subject: first\r\nSubject: second\r\n\r\n":                     "first",
	} {
		h, err := Read(strings.NewReader(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Subject(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		h.Release()
	}
}

// A subject is one bounded line of UTF-8, whatever the client wrote.
func FuzzSubject(f *testing.F) {
	f.Add("=?UTF-8?Q?a=0D=0Ab=E2=80=AEc?=")
	f.Add("\xff\x1b[31m\t")
	f.Fuzz(func(t *testing.T, value string) {
		h, err := Read(strings.NewReader("Subject: "+value+"\r\n\r\n"), 0)
		if err != nil {
			return
		}
		defer h.Release()
		got := h.Subject()
		if len(got) > maxSubject || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q gives %q", value, got)
		}
	})
}
