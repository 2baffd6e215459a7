package smtpclient

import (
	"encoding/base64"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// withheld replaces a text that contains the password.
const withheld = "(text withheld: it repeats the password)"

// withhold returns r without its text if the text contains the password of c: some hops
// repeat commands that they don't understand. All other texts are kept, because they
// explain what to do.
func withhold(r Reply, c auth.Credentials) Reply {
	for _, between := range []string{" ", ""} { // a long echo may be wrapped
		if repeats(strings.Join(r.Lines, between), c) {
			r.Lines = []string{withheld}
			break
		}
	}
	return r
}

// repeats reports whether text contains c's password, in any letter case or in base64,
// whatever is encoded before it.
func repeats(text string, c auth.Credentials) bool {
	password := c.Password.Reveal()
	if strings.Contains(strings.ToLower(text), strings.ToLower(password)) {
		return true
	}
	login := "\x00" + c.Username + "\x00" // the beginning of PLAIN, even if the password is cut
	words := strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune(base64Digits, r) })
	for _, word := range words {
		for start := range min(4, len(word)) { // other text may precede it
			code := word[start:]
			if len(code)%4 == 1 {
				code = code[:len(code)-1]
			}
			plain, err := base64.RawStdEncoding.DecodeString(code)
			if err == nil && (strings.Contains(string(plain), password) || strings.Contains(string(plain), login)) {
				return true
			}
		}
	}
	return false
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
