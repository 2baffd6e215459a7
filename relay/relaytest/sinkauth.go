package relaytest

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// offersAuth reports whether clients must log on.
func (s *Sink) offersAuth() bool { return s.Users != nil || s.Tokens != nil }

// mechanisms returns the mechanisms that EHLO lists.
func (s *Sink) mechanisms() string {
	var names []string
	if s.Users != nil {
		names = append(names, auth.Login, auth.Plain)
	}
	if s.Tokens != nil {
		names = append(names, auth.XOAuth2, auth.OAuthBearer)
	}
	if s.Mechanisms != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(s.Mechanisms, name) })
	}
	return strings.Join(names, " ")
}

// methods returns the checks of s.
func (s *Sink) methods() auth.Methods {
	var m auth.Methods
	if s.Users != nil {
		m.Passwords = sinkUsers(s.Users)
	}
	if s.Tokens != nil {
		m.Tokens = sinkTokens{s.Tokens, s.TokenAtOnce}
	}
	return m
}

// sinkUsers are the Users of a Sink.
type sinkUsers map[string]string

// Verify implements auth.Verifier.
func (u sinkUsers) Verify(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	want, ok := u[c.Username]
	if subtle.ConstantTimeCompare([]byte(want), []byte(c.Password.Reveal())) == 0 || !ok {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{}, nil
}

// sinkTokens are the Tokens of a Sink.
type sinkTokens struct {
	known  func(user, token string) bool
	atOnce bool
}

// errAtOnce refuses a token without a challenge.
var errAtOnce = errors.New("the Sink doesn't know the token")

// VerifyToken implements auth.TokenVerifier.
func (s sinkTokens) VerifyToken(_ context.Context, t auth.BearerToken, _ auth.Channel) (auth.Identity, error) {
	switch {
	case s.known(t.User, t.Token.Reveal()):
		return auth.Identity{}, nil
	case s.atOnce:
		return auth.Identity{}, errAtOnce
	}
	return auth.Identity{}, &auth.TokenError{Reason: "the Sink doesn't know it"}
}
