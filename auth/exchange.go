package auth

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
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
// The first call of Next gets the initial response: nil if the client sent no response,
// an empty slice if it was empty ("=" in SMTP). When Next returns done, a nil err means
// that the client authenticated. An error always comes with done. An Exchange serves
// one exchange, in one goroutine: after done, Next returns ErrMalformed. Next doesn't
// keep response.
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
	return fmt.Errorf("unknown SASL mechanism %q: give %s or %s", name, Login, Plain)
}

// wellFormed reports whether s can be a name or a password: not empty (RFC 4616
// section 2 has 1*SAFE), bounded, UTF-8, and without NUL.
func wellFormed(s []byte, limit int) bool {
	return len(s) > 0 && len(s) <= limit && utf8.Valid(s) && !strings.ContainsRune(string(s), 0)
}

// plainServer is the server's side of PLAIN, RFC 4616.
type plainServer struct {
	verify   func(Credentials) error
	prompted bool
	over     bool
}

func (x *plainServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, true, ErrMalformed
	case response == nil && !x.prompted:
		x.prompted = true
		return []byte{}, false, nil
	}
	x.over = true
	c, err := parsePlain(response)
	if err != nil {
		return nil, true, err
	}
	return nil, true, x.verify(c)
}

// parsePlain reads "authzid NUL authcid NUL passwd", RFC 4616 section 2.
func parsePlain(response []byte) (Credentials, error) {
	parts := bytes.SplitN(response, []byte{0}, 4)
	if len(parts) != 3 {
		return Credentials{}, ErrMalformed
	}
	authzid, authcid, passwd := parts[0], parts[1], parts[2]
	if !wellFormed(authcid, maxUsername) || !wellFormed(passwd, maxPassword) {
		return Credentials{}, ErrMalformed
	}
	if len(authzid) > 0 && !wellFormed(authzid, maxUsername) {
		return Credentials{}, ErrMalformed
	}
	c := Credentials{Mechanism: Plain, AuthzID: string(authzid), Username: string(authcid), Password: Secret(passwd)}
	if c.AsOther() {
		return Credentials{}, ErrBadCredentials
	}
	return c, nil
}

// The prompts of LOGIN, exactly as in Exchange and in the draft, because some
// clients compare them.
const (
	promptUsername = "Username:"
	promptPassword = "Password:"
)

// loginServer is the server's side of LOGIN.
type loginServer struct {
	verify   func(Credentials) error
	prompted bool
	username string // set once the client gave it; never empty then
	over     bool
}

func (x *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, true, ErrMalformed
	case response == nil && !x.prompted:
		x.prompted = true
		return []byte(promptUsername), false, nil
	case x.username == "":
		x.prompted = true
		if !wellFormed(response, maxUsername) {
			x.over = true
			return nil, true, ErrMalformed
		}
		x.username = string(response)
		return []byte(promptPassword), false, nil
	}
	x.over = true
	if !wellFormed(response, maxPassword) {
		return nil, true, ErrMalformed
	}
	return nil, true, x.verify(Credentials{Mechanism: Login, Username: x.username, Password: Secret(response)})
}
