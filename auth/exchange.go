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

// Bounds of what a client may send, in bytes. A password may fill the longest
// AUTH line, 12288 bytes of base64 (RFC 4954 section 4), because it may be a token.
const (
	maxUsername = 512
	maxPassword = 12288 / 4 * 3
)

// Exchange is the server's side of one SASL exchange. Responses and challenges
// are bytes without base64, which the transport adds.
//
// The first call of Next gets the initial response: nil if the client sent
// none, an empty slice if it was empty ("=" in SMTP). When Next returns done,
// a nil err means that the client authenticated. An error always comes with
// done. An Exchange serves one exchange, in one goroutine: after done, Next
// returns ErrMalformed. Next doesn't keep response.
type Exchange interface {
	Next(response []byte) (challenge []byte, done bool, err error)
}

// NewExchange returns the server's side of the SASL mechanism of that name, in
// any letter case. It calls verify at most once, with well-formed credentials
// whose AuthzID is empty or equal to Username; Next returns the error of
// verify. An unknown name is an error.
func NewExchange(mechanism string, verify func(Credentials) error) (Exchange, error) {
	if verify == nil {
		return nil, fmt.Errorf("SASL mechanism %q needs a function that verifies", mechanism)
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
	return fmt.Errorf("unknown SASL mechanism %q: want %s or %s", name, Login, Plain)
}

// wellFormed reports whether s can be a name or a password: not empty (RFC 4616
// section 2 has 1*SAFE), bounded, UTF-8, and without NUL.
func wellFormed(s []byte, limit int) bool {
	return len(s) > 0 && len(s) <= limit && utf8.Valid(s) && !strings.ContainsRune(string(s), 0)
}
