package smtpclient

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/withhold"
)

// withheld replaces a text that contains the password or token.
const withheld = "(text withheld: it repeats the password or token)"

// withoutSecret returns r without its text if the text contains the password of c: some hops
// repeat commands that they don't understand. All other texts are kept, because they
// explain what to do.
func withoutSecret(r Reply, c auth.Credentials) Reply {
	if repeats(strings.Join(r.Lines, " "), c) || len(r.Lines) > 1 && repeats(strings.Join(r.Lines, ""), c) { // a long echo may be wrapped
		r.Lines = []string{withheld}
	}
	return r
}

// repeats reports whether text contains c's password or token, or the beginning of a logon
// with it.
func repeats(text string, c auth.Credentials) bool {
	if withhold.Repeats(text, c.Password.Reveal()) {
		return true
	}
	login := "\x00" + c.Username + "\x00" // the beginning of PLAIN, even if the password is cut
	for plain := range withhold.Decoded(text) {
		if strings.Contains(plain, login) || strings.Contains(plain, bearer) {
			return true
		}
	}
	return false
}

// bearer is before the token in the responses of OAUTHBEARER and XOAUTH2.
const bearer = "auth=Bearer "
