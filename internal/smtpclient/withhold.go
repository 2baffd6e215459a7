package smtpclient

import (
	"encoding/base64"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// withheld replaces a text that contains the password or token.
const withheld = "(text withheld: it repeats the password or token)"

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

// maxFragment is the length of a part of a password or token, in bytes, that no text may contain.
const maxFragment = 24

// contains reports whether text contains secret or, if that is long, a part of it: a next hop
// that repeats a line with a token mostly cuts it.
func contains(text, secret string) bool {
	if len(secret) <= maxFragment {
		return strings.Contains(text, secret)
	}
	spaces := strings.Contains(secret, " ")
	for i := 0; i+maxFragment <= len(text); i++ {
		part := text[i : i+maxFragment]
		if space := strings.LastIndexByte(part, ' '); space >= 0 && !spaces {
			i += space
		} else if strings.Contains(secret, part) {
			return true
		}
	}
	return false
}

// repeats reports whether text contains c's password or token, or a long part of it, in any
// letter case or in base64, whatever is encoded before it.
func repeats(text string, c auth.Credentials) bool {
	password := c.Password.Reveal()
	if contains(strings.ToLower(text), strings.ToLower(password)) {
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
			if err == nil && (contains(string(plain), password) || strings.Contains(string(plain), login) || strings.Contains(string(plain), bearer)) {
				return true
			}
		}
	}
	return false
}

// bearer is before the token in the responses of OAUTHBEARER and XOAUTH2.
const bearer = "auth=Bearer "

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
