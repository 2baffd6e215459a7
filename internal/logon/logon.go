// Package logon logs clients on, the same way for every server that asks a policy:
// [Begin] begins a SASL exchange, which checks who the client is within the limits for
// guesses, and [End] asks the policy whether the client may log on.
package logon

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/internal/scram"
)

// verifyTime bounds how long the check of one proof may take.
const verifyTime = 30 * time.Second

// maxTried is how many bytes of a user name that can't log on are reported.
const maxTried = 64

// ErrTooManyGuesses says that a password, or another proof, was not checked.
var ErrTooManyGuesses = errors.New("too many guesses")

// overLimit is the ErrTooManyGuesses of a limit.
type overLimit struct{ limits.State }

func (overLimit) Error() string        { return ErrTooManyGuesses.Error() }
func (overLimit) Is(target error) bool { return target == ErrTooManyGuesses }

// Reached returns the limit because of which a proof was not checked; nil if err has another reason.
func Reached(err error) *limits.State {
	var over overLimit
	if !errors.As(err, &over) {
		return nil
	}
	return &over.State
}

// Exchange is the server's side of one SASL exchange.
type Exchange struct {
	auth.Exchange
	Tried    string        // the user that the client has tried, in 64 bytes at most; "": none yet, or a token or certificate that says it
	Identity auth.Identity // who the client is, once it has proved that
}

// Begin returns the server's side of an exchange of the mechanism of that name, in any letter
// case, on ch. A name that m lacks is an error. What m checks ends with ctx.
func Begin(ctx context.Context, g *limits.Guesses, m auth.Methods, name string, ch auth.Channel) (x *Exchange, err error) {
	x = new(Exchange)
	attempt := func(user string, check func(context.Context) (auth.Identity, error)) error {
		x.Tried = user[:min(len(user), maxTried)]
		ctx, cancel := context.WithTimeout(ctx, verifyTime)
		defer cancel()
		return Check(ctx, g, network.Source(ch.Remote.Addr()), user, func() (err error) {
			x.Identity, err = check(ctx)
			return err
		})
	}
	switch plus := strings.EqualFold(name, auth.ScramPlus); {
	case m.Keys != nil && (plus || strings.EqualFold(name, auth.Scram)):
		x.Exchange, err = scram.NewServer(ctx, plus, m.Keys, ch, attempt)
	default:
		x.Exchange, err = m.Begin(name, ch, attempt)
	}
	return x, err
}

// Check calls ask, which checks a proof, and counts its result, unless the source or the
// user, if one is named, has had too many wrong ones lately.
func Check(ctx context.Context, g *limits.Guesses, source netip.Addr, user string, ask func() error) (err error) {
	check, over := g.Begin(ctx, source, user)
	switch {
	case over != nil:
		return overLimit{*over}
	case check == nil:
		return ErrTooManyGuesses
	}
	err = errPanic
	defer func() { check.End(err) }() // a check that panics must not keep the turn
	err = ask()
	return err
}

// errPanic is the result of a check that has panicked.
var errPanic = errors.New("the check of a password, or of another proof, panicked")

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

// TokenError returns err if it says why a token isn't accepted, and else nil: of a password
// there is nothing more to say.
func TokenError(err error) error {
	if e := new(auth.TokenError); errors.As(err, &e) {
		return e
	}
	return nil
}
