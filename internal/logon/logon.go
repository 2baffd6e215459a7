// Package logon logs clients on, the same way for every server that asks a policy:
// [Verify] has a password checked within the limits for guesses, and [End] asks the policy
// whether the client may log on.
package logon

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/network"
)

// verifyTime bounds how long a Verifier may take.
const verifyTime = 30 * time.Second

// ErrTooManyGuesses says that a password was not checked.
var ErrTooManyGuesses = errors.New("too many guesses")

// Verify asks v for the identity that c proves, unless the client's source or the user has
// had too many wrong passwords lately.
func Verify(ctx context.Context, g *limits.Guesses, v auth.Verifier, c auth.Credentials, ch auth.Channel) (id auth.Identity, err error) {
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	err = Check(ctx, g, network.Source(ch.Remote.Addr()), c.Username, func() (err error) {
		id, err = v.Verify(ctx, c, ch)
		return err
	})
	return id, err
}

// Check calls ask, which checks a password, and counts its result, unless the source or the
// user has had too many wrong passwords lately.
func Check(ctx context.Context, g *limits.Guesses, source netip.Addr, user string, ask func() error) (err error) {
	check := g.Begin(ctx, source, user)
	if check == nil {
		return ErrTooManyGuesses
	}
	err = errPanic
	defer func() { check.End(err) }() // a check that panics must not keep the turn
	err = ask()
	return err
}

// errPanic is the result of a check that has panicked.
var errPanic = errors.New("the check of a password panicked")

// End ends an exchange of AUTH. err is its error; if it is nil, the client has proved that
// it is id. End returns the session that goes on, and the decision: VerifierUnavailable is
// the reason if the check itself failed.
func End(s connector.Session, id auth.Identity, err error) (connector.Session, connector.Decision) {
	var reason reply.Reason
	switch {
	case err == nil:
		return s.Login(id)
	case errors.Is(err, auth.ErrBadCredentials):
		reason = reply.BadCredentials
	case errors.Is(err, ErrTooManyGuesses):
		reason = reply.TooManyGuesses
	case errors.Is(err, auth.ErrMalformed):
		reason = reply.AuthMalformed
	default:
		reason = reply.VerifierUnavailable
	}
	return s, s.Inbound().Decide(reason)
}
