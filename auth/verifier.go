package auth

import (
	"context"
	"errors"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Identity is who a verified client is. The zero Identity is nobody. Its
// slices must not be changed after it was handed out.
type Identity struct {
	permission.Principal
	Addresses []routing.Address // the addresses it may send as without further rights
}

// Owns reports whether the identity may send as a, the letter case of the
// local part aside. Nobody owns the null sender.
func (id Identity) Owns(a routing.Address) bool {
	if !a.IsValid() {
		return false
	}
	for _, own := range id.Addresses {
		if own.EqualFold(a) {
			return true
		}
	}
	return false
}

var (
	// ErrBadCredentials says no: unknown user or wrong password, which are not
	// told apart.
	ErrBadCredentials = errors.New("auth: bad credentials")

	// ErrMalformed says that the client broke the rules of the mechanism, or
	// that the exchange was over already. No verifier was asked.
	ErrMalformed = errors.New("auth: malformed response")
)

// Verifier is the one door to passwords. Verify returns an error that wraps
// ErrBadCredentials for "no"; any other error means "can't say now". It may be
// called concurrently, must take the same time for unknown users as for wrong
// passwords, and must give up when ctx ends. It must not keep or print the
// password.
type Verifier interface {
	Verify(ctx context.Context, c Credentials, ch Channel) (Identity, error)
}

// VerifierFunc is a function used as a Verifier.
type VerifierFunc func(ctx context.Context, c Credentials, ch Channel) (Identity, error)

// Verify calls f.
func (f VerifierFunc) Verify(ctx context.Context, c Credentials, ch Channel) (Identity, error) {
	return f(ctx, c, ch)
}
