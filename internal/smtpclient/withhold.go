package smtpclient

import (
	"encoding/base64"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// withheld stands for a text that holds our password.
const withheld = "(text withheld: it repeats the password)"

// withhold returns r without its text if that tells the password of c: there
// are hops that repeat what they don't understand. All other words of a hop are
// kept, for they are what tells what to do.
func withhold(r Reply, c auth.Credentials) Reply {
	for _, between := range []string{" ", ""} { // a long echo may be wrapped
		if repeats(strings.Join(r.Lines, between), c) {
			r.Lines = []string{withheld}
			break
		}
	}
	return r
}

// repeats reports whether text holds c's password, in any letter case or in
// base64, whatever is encoded before it.
func repeats(text string, c auth.Credentials) bool {
	password := c.Password.Reveal()
	if strings.Contains(strings.ToLower(text), strings.ToLower(password)) {
		return true
	}
	login := "\x00" + c.Username + "\x00" // of PLAIN, whatever is there of the password
	words := strings.FieldsFunc(text, func(r rune) bool { return !isBase64(r) })
	for _, word := range words {
		for start := range min(4, len(word)) { // something may stand before it
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

func isBase64(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/'
}
