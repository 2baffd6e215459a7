package oauth

import (
	"strings"
	"testing"
	"time"
)

// FuzzPrinted: whatever a command prints is a token that can be sent, or an error without
// line ends.
func FuzzPrinted(f *testing.F) {
	for _, seed := range []string{"abc.def", `{"access_token":"a","expires_in":60}`, `{"accessToken":"a","expires_on":4102444800}`, "a\nb", "{", `{"access_token":"a","expires_in":-1}`, "a.eyJleHAiOjF9.b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, out string) {
		p := parsePrinted([]byte(out))
		got, err := accept(p.access, "", p.expires)
		switch {
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("%q", err)
		case err == nil && (got.access == "" || strings.ContainsAny(got.access.Reveal(), "\x01\r\n ") || !got.expires.After(time.Now())):
			t.Errorf("%q, %v", got.access.Reveal(), got.expires)
		}
	})
}

// FuzzRefusal: the answers of token servers become errors of one printable line.
func FuzzRefusal(f *testing.F) {
	for _, k := range knownRefusals {
		f.Add(k.code, "AADSTS50034: "+k.words, 400)
	}
	f.Fuzz(func(t *testing.T, code, description string, status int) {
		e := (&refusal{code: code, description: description, status: status}).classify()
		text := e.Error()
		if e.Cause == "" || e.Detail == "" || len(text) > 1500 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%+v", e)
		}
	})
}

// Every refusal in the table is reached by its code and words.
func TestRefusals(t *testing.T) {
	for _, k := range knownRefusals {
		r := refusal{code: k.code, description: "x " + strings.ToUpper(k.words) + " y", status: 400}
		if strings.HasPrefix(k.code, "AADSTS") {
			r = refusal{code: "invalid_request", description: k.code + ": " + k.words + "\r\nTrace ID: 1\r\nCorrelation ID: 2", status: 400}
		}
		e := r.classify()
		if e.Cause != k.cause || e.Detail != k.detail || e.Code != k.code || e.Temporary() != (k.cure == "") || strings.Contains(e.Error(), "Trace") {
			t.Errorf("%s %q: %+v", k.code, k.words, e)
		}
	}
}
