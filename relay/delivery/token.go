package delivery

import (
	"context"
	"errors"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/hopreply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// TokenSource has the OAuth access tokens with which a Send connector logs on to one or several of
// its smart hosts. It is used by many deliveries at once.
type TokenSource interface {
	// Token returns the present token. It is called for each connection, so it should have
	// one ready and not fetch it then. An error means that there is no valid token now: the
	// message waits, and the error is the reason in the log and the queue list.
	Token(ctx context.Context) (auth.Secret, error)

	// Renew is called when a smart host has refused a token that looked valid. It returns
	// another one, which it may have to fetch, or an error if there can't be one now.
	// Several deliveries may ask because of the same token; one answer serves them all.
	Renew(ctx context.Context, refused auth.Secret) (auth.Secret, error)
}

// errNoTokens is the error of a connector with OAuth if the Sender has no tokens for a smart host.
var errNoTokens = errors.New("SmartHostAuthMechanism is OAuth, and this server has no tokens of the connector for the smart host")

// tokens returns the tokens of a connector for one of its smart hosts. The error is a tokenError if this
// server has none for it.
func (s *Sender) tokens(out *connector.Outbound, host param.SmartHost) (TokenSource, error) {
	if s.Tokens != nil {
		if source := s.Tokens(out, host); source != nil {
			return source, nil
		}
	}
	return nil, &tokenError{errNoTokens}
}

// usesTokens reports whether h is logged on to with a token.
func (h *NextHop) usesTokens() bool {
	return h.key.via == "" && len(h.set.SmartHosts) > 0 && h.set.SmartHostAuthMechanism.Has(auth.OAuth)
}

// token returns the token for a connection to c of h, nil if it uses none.
func (s *Sender) token(ctx context.Context, h *NextHop, c candidate) (*auth.BearerToken, error) {
	if !h.usesTokens() {
		return nil, nil
	}
	source, err := s.tokens(h.out, c.smart)
	if err != nil {
		return nil, err
	}
	token, err := source.Token(ctx)
	if err != nil {
		return nil, &tokenError{err}
	}
	return c.bearer(token), nil
}

// otherToken returns a token for another connection to c of h after a smart host has refused one, or nil
// if err is no such refusal: another token doesn't help where the service accepts none.
func (s *Sender) otherToken(ctx context.Context, h *NextHop, c candidate, refused *auth.BearerToken, err error) (*auth.BearerToken, error) {
	var e *smtpclient.Error
	if refused == nil || !errors.As(err, &e) || e.Stage != smtpclient.StageAuth || e.Reply.Code != codeBadCredentials {
		return nil, nil
	}
	if meaningOf(explain(hopreply.Caller{SmartHost: true, User: refused.User, Token: true}, err)) != hopreply.BadCredentials {
		return nil, nil
	}
	source, err := s.tokens(h.out, c.smart)
	if err != nil {
		return nil, err
	}
	token, err := source.Renew(ctx, refused.Token)
	if err != nil {
		return nil, &tokenError{err}
	}
	return c.bearer(token), nil
}

// codeBadCredentials is the reply to credentials that aren't valid (RFC 4954, section 6).
const codeBadCredentials = 535

// bearer returns token with the user of c's credential, which a compiled policy has for each smart host
// of a connector with OAuth.
func (c candidate) bearer(token auth.Secret) *auth.BearerToken {
	return &auth.BearerToken{User: c.credential.UserName, Token: token}
}

// tokenError is the error of a connector that has no token now.
type tokenError struct{ err error }

// Error implements error.
func (e *tokenError) Error() string { return "no OAuth token: " + e.err.Error() }

// Unwrap returns the TokenSource's error.
func (e *tokenError) Unwrap() error { return e.err }
