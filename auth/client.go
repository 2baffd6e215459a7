package auth

import (
	"errors"
	"fmt"
	"strings"
)

// Client is the client's side of one SASL exchange. Responses and challenges
// are bytes without base64. A Client serves one exchange, in one goroutine.
type Client interface {
	// Start returns the initial response, nil if the mechanism has none.
	// The transport chooses whether to send it with AUTH or in answer to an
	// empty challenge.
	Start() (initial []byte, err error)

	// Next answers a challenge. An error means that the server asks for more
	// than the mechanism provides; the transport then cancels with "*".
	Next(challenge []byte) (response []byte, err error)
}

// NewClient returns the client's side of the SASL mechanism of that name, in
// any letter case. An unknown name is an error, and so are credentials that the
// mechanism can't carry: an empty or overlong name or password, or a NUL.
// c.Mechanism is ignored.
func NewClient(mechanism string, c Credentials) (Client, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case equalFold(mechanism, Plain):
		return &plainClient{credentials: func() Credentials { return c }}, nil
	case equalFold(mechanism, Login):
		if c.AsOther() {
			return nil, fmt.Errorf("LOGIN can't act as another user; give an empty AuthzID or %s", Plain)
		}
		return &loginClient{credentials: func() Credentials { return c }}, nil
	}
	return nil, unknownSASL(mechanism)
}

func (c Credentials) check() error {
	var errs []error
	if !wellFormed([]byte(c.Username), maxUsername) {
		errs = append(errs, fmt.Errorf("user name must be UTF-8 of 1 to %d bytes without NUL", maxUsername))
	}
	if !wellFormed([]byte(c.Password), maxPassword) {
		errs = append(errs, fmt.Errorf("password must be UTF-8 of 1 to %d bytes without NUL", maxPassword))
	}
	if c.AuthzID != "" && !wellFormed([]byte(c.AuthzID), maxUsername) {
		errs = append(errs, fmt.Errorf("authorization identity must be UTF-8 of at most %d bytes without NUL", maxUsername))
	}
	return errors.Join(errs...)
}

var errUnexpected = errors.New("the server asked for more than the AUTH mechanism provides")

type plainClient struct {
	credentials func() Credentials // a function, because fmt prints unexported fields without asking them
	over        bool
}

func (x *plainClient) Start() ([]byte, error) {
	if x.over {
		return nil, errUnexpected
	}
	x.over = true
	c := x.credentials()
	return []byte(strings.Join([]string{c.AuthzID, c.Username, c.Password.Reveal()}, "\x00")), nil
}

func (x *plainClient) Next([]byte) ([]byte, error) { return nil, errUnexpected }

// loginClient answers by position, not by the text of the prompts, which
// differs between servers.
type loginClient struct {
	credentials func() Credentials // as in plainClient
	step        int
}

func (x *loginClient) Start() ([]byte, error) {
	if x.step > 0 {
		return nil, errUnexpected
	}
	x.step = 1
	return nil, nil
}

func (x *loginClient) Next([]byte) ([]byte, error) {
	x.step++
	switch x.step {
	case 2:
		return []byte(x.credentials().Username), nil
	case 3:
		return []byte(x.credentials().Password.Reveal()), nil
	}
	return nil, errUnexpected
}
