package mailheader_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// TestFilterResults: a field is found however its name is written, and nothing else is lost.
func TestFilterResults(t *testing.T) {
	keep := func(name string) bool { return !strings.EqualFold(name, "mail.contoso.com") }
	for text, want := range map[string]string{
		"A: 1\r\nAuthentication-Results: mail.contoso.com; spf=pass\r\nB: 2\r\n\r\nbody":        "A: 1\r\nB: 2\r\n\r\nbody",
		"authentication-RESULTS \t:\r\n mail.contoso.com;\r\n spf=pass\r\nB: 2\r\n\r\n":         "B: 2\r\n\r\n",
		"Authentication-Results: mx.example.net; spf=pass\r\n\r\n":                              "Authentication-Results: mx.example.net; spf=pass\r\n\r\n",
		"ARC-Authentication-Results: i=1; mail.contoso.com; spf=pass\r\n\r\n":                   "ARC-Authentication-Results: i=1; mail.contoso.com; spf=pass\r\n\r\n",
		"X: a\r\n Authentication-Results: mail.contoso.com; spf=pass\r\n\r\n":                   "X: a\r\n Authentication-Results: mail.contoso.com; spf=pass\r\n\r\n",
		" Authentication-Results: mail.contoso.com; spf=pass\r\nB: 2\r\n\r\n":                   "B: 2\r\n\r\n",
		"B: 2\r\n\r\nAuthentication-Results: mail.contoso.com; spf=pass\r\n":                    "B: 2\r\n\r\nAuthentication-Results: mail.contoso.com; spf=pass\r\n",
		"Authentication-Results: mail.contoso.com; a\r\nAuthentication-Results: (b\r\n\r\n":     "Authentication-Results: (b\r\n\r\n",
		"Authentication-Results: (mail.contoso.com\r\nAuthentication-Results: \r\nC: 3\r\n\r\n": "Authentication-Results: \r\nC: 3\r\n\r\n",
	} {
		h, err := mailheader.Read(strings.NewReader(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		h.FilterResults(keep, []string{"mail.contoso.com"})
		var b strings.Builder
		if _, err := h.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Body().WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%q became %q, want %q", text, b.String(), want)
		}
	}
}
