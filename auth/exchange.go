package auth

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The SASL names of the mechanisms that package auth speaks.
const (
	Plain = "PLAIN" // RFC 4616
	Login = "LOGIN" // draft-murchison-sasl-login-00
)

// Bounds of what a client may send. A password may be all that fits in a line of
// 12288 octets (RFC 4954 section 4) without base64, for a token may be one, too.
const (
	maxUsername = 512
	maxPassword = 12288 / 4 * 3
)

// Exchange is the server's side of one SASL exchange. Responses and challenges
// are octets without base64, which is the transport's.
//
// The first call of Next gets the initial response; nil means that there was
// none, an empty slice that it was empty ("=" in SMTP). When Next returns
// done, err tells whether the client authenticated: nil is yes. An error
// always comes with done. An Exchange is good for one use, by one goroutine:
// after done, Next only ever returns ErrMalformed. Next doesn't keep response.
type Exchange interface {
	Next(response []byte) (challenge []byte, done bool, err error)
}

// NewExchange returns the server's side of the SASL mechanism of that name, in
// any letter case. It calls verify at most once, with well-formed credentials
// whose AuthzID is empty or equal to Username; what verify returns is what
// Next returns. An unknown name is an error.
func NewExchange(mechanism string, verify func(Credentials) error) (Exchange, error) {
	if verify == nil {
		return nil, fmt.Errorf("auth: NewExchange(%q) without a function to verify", mechanism)
	}
	switch {
	case equalFold(mechanism, Plain):
		return &plainServer{verify: verify}, nil
	case equalFold(mechanism, Login):
		return &loginServer{verify: verify}, nil
	}
	return nil, unknownSASL(mechanism)
}

func unknownSASL(name string) error {
	const limit = 40
	if len(name) > limit {
		name = name[:limit] + "…"
	}
	return fmt.Errorf("auth: unknown SASL mechanism %q: want %s or %s", name, Login, Plain)
}

// wellFormed reports whether s can be a name or password: not empty (RFC 4616
// section 2 has 1*SAFE), bounded, UTF-8, and without NUL.
func wellFormed(s []byte, limit int) bool {
	return len(s) > 0 && len(s) <= limit && utf8.Valid(s) && !strings.ContainsRune(string(s), 0)
}
