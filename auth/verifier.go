package auth

import (
	"context"
	"errors"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Secret is a password or token. It prints as REDACTED.
type Secret string

// Credentials are what a client offered.
type Credentials struct {
	Mechanism string // SASL name, "PLAIN"
	AuthzID   string
	Username  string
	Password  Secret
}

// Identity is who a verified client is. The zero Identity is nobody.
type Identity struct {
	permission.Principal
	Addresses []routing.Address // the addresses it may send as without further rights
}

// ErrBadCredentials says no; any other error means "can't say now".
var ErrBadCredentials = errors.New("auth: bad credentials")

// Verifier is the one door to passwords.
type Verifier interface {
	Verify(ctx context.Context, c Credentials, ch Channel) (Identity, error)
}

// Exchange is the server's side of one SASL exchange.
type Exchange interface {
	Next(response []byte) (challenge []byte, done bool, err error)
}
