package jwt

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// maxToken bounds a token, in bytes.
const maxToken = 12 << 10

// leeway is how much the clocks of provider and server may differ.
const leeway = 60 * time.Second

// The algorithms of signatures that are accepted.
const (
	algRSA     = "RS256"
	algECDSA   = "ES256"
	algEd25519 = "EdDSA"
)

// Verifier checks tokens of one identity provider. It implements auth.TokenVerifier and is
// safe for concurrent use; its fields must not change once it is in use. The zero Verifier
// accepts no token.
type Verifier struct {
	Keys      *KeySet  // of the provider
	Issuer    string   // what the claim iss must be, exactly
	Audiences []string // the claim aud must name one of them

	// Scopes are the scopes and roles of which a token must have one, in its claims scope,
	// scp or roles. Empty: none is needed.
	Scopes []string

	// UserClaim is the claim that has the user's name. "": sub, the only claim that a
	// provider never gives to another user. A token whose email isn't verified has no
	// claim email. Grants to a name that isn't an address don't count, see Claims.Identity.
	UserClaim string

	// GroupsClaim is the claim that lists the user's groups. "": tokens have no groups.
	GroupsClaim string

	// AnyUser lets the client name any user beside its token, which changes nothing: the
	// client is the token's user. Otherwise the name must be the token's user, or an
	// address that the token's user may send as.
	AnyUser bool

	// Identity returns who a user is; an error that wraps auth.ErrBadCredentials says that
	// the user may not log on, any other one that it couldn't find that out now. Nil: every
	// user of the provider may log on, see Claims.Identity.
	Identity func(ctx context.Context, c Claims) (auth.Identity, error)
}

// Check returns an error for each field without which v accepts no token.
func (v *Verifier) Check() error {
	var errs []error
	if v.Keys == nil {
		errs = append(errs, errors.New("the keys of the identity provider are missing"))
	}
	if v.Issuer == "" {
		errs = append(errs, errors.New("the issuer is missing: give the text of the claim iss"))
	}
	if len(v.Audiences) == 0 || slices.Contains(v.Audiences, "") {
		errs = append(errs, errors.New("the audience is missing: give a text of the claim aud, so that tokens for other services aren't accepted"))
	}
	return errors.Join(errs...)
}

// VerifyToken implements auth.TokenVerifier.
func (v *Verifier) VerifyToken(ctx context.Context, t auth.BearerToken, _ auth.Channel) (auth.Identity, error) {
	c, err := v.Claims(ctx, t.Token)
	if err != nil {
		return auth.Identity{}, err
	}
	identify := v.Identity
	if identify == nil {
		identify = func(_ context.Context, c Claims) (auth.Identity, error) { return c.Identity(), nil }
	}
	id, err := identify(ctx, c)
	switch {
	case errors.Is(err, auth.ErrBadCredentials):
		return auth.Identity{}, v.refuse("", "user %q: %v", c.User, err)
	case err != nil:
		return auth.Identity{}, err
	case t.User != "" && !v.AnyUser && !strings.EqualFold(t.User, c.User) && !owns(id, t.User):
		return auth.Identity{}, v.refuse("", "it is of user %q, and the client has named %q", c.User, t.User)
	}
	return id, nil
}

// Claims checks a token and returns its claims. An error that wraps
// auth.ErrBadCredentials, a *auth.TokenError, says why the token isn't accepted; any other
// error means that it couldn't be checked now.
func (v *Verifier) Claims(ctx context.Context, token auth.Secret) (Claims, error) {
	if err := v.Check(); err != nil {
		return Claims{}, fmt.Errorf("tokens can't be checked: %w", err)
	}
	if len(token) > maxToken {
		return Claims{}, v.refuse("", "it has %d bytes; the limit is %d", len(token), maxToken)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{algRSA, algECDSA, algEd25519}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(v.Issuer), jwt.WithAudience(v.Audiences...), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway),
	)
	all := jwt.MapClaims{}
	var keyErr error
	_, err := parser.ParseWithClaims(token.Reveal(), all, func(t *jwt.Token) (key any, _ error) {
		key, keyErr = v.key(ctx, t)
		return key, keyErr
	})
	if keyErr != nil {
		return Claims{}, keyErr
	}
	if err != nil {
		return Claims{}, v.refuse("", "%s", reason(err, all))
	}
	return v.read(all)
}

// key returns the key that must have signed t.
func (v *Verifier) key(ctx context.Context, t *jwt.Token) (crypto.PublicKey, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, v.refuse("", "its header has critical fields") // RFC 7515, section 4.1.11
	}
	if typ, ok := t.Header["typ"]; ok {
		name, _ := typ.(string)
		name = strings.TrimPrefix(strings.ToLower(name), "application/")
		if name != "jwt" && name != "at+jwt" {
			return nil, v.refuse("", "it is of type %.40q; access tokens are JWT or at+jwt", fmt.Sprint(typ))
		}
	}
	kid, isText := t.Header["kid"].(string)
	if _, given := t.Header["kid"]; given && !isText {
		return nil, v.refuse("", "the name of its key is not a text")
	}
	key, err := v.Keys.find(ctx, kid, t.Method.Alg())
	if errors.Is(err, errUnknownKey) {
		return nil, v.refuse("", "%v", err)
	}
	return key, err
}

// read returns the claims of a token that is valid.
func (v *Verifier) read(all jwt.MapClaims) (Claims, error) {
	c := Claims{All: all}
	c.Scopes = slices.Concat(words(all["scope"]), words(all["scp"]), words(all["roles"]))
	if len(v.Scopes) > 0 && !slices.ContainsFunc(v.Scopes, func(s string) bool { return slices.Contains(c.Scopes, s) }) {
		return Claims{}, v.refuse("insufficient_scope", "it has the scopes %q and needs one of %q", clipList(c.Scopes), v.Scopes)
	}
	name := v.UserClaim
	if name == "" {
		name = "sub"
	}
	c.User, _ = all[name].(string)
	if verified, given := all["email_verified"]; name == "email" && given && verified != true && verified != "true" {
		return Claims{}, v.refuse("", "its email isn't verified")
	}
	err := permission.CheckName(c.User)
	if c.User == "" {
		err = errors.New("it is missing, empty or not a text")
	}
	if err != nil {
		return Claims{}, v.refuse("", "its claim %s is no user name: %v", name, err)
	}
	if v.GroupsClaim != "" {
		c.Groups = texts(all[v.GroupsClaim])
	}
	if at, err := all.GetExpirationTime(); err == nil && at != nil {
		c.Expires = at.Time
	}
	return c, nil
}

// refuse returns the error for a token that isn't accepted.
func (v *Verifier) refuse(status, format string, args ...any) *auth.TokenError {
	return &auth.TokenError{
		Status: status, Scope: strings.Join(v.Scopes, " "), Configuration: v.Keys.configuration,
		Reason: fmt.Sprintf(format, args...),
	}
}

// reason says in words why the library refuses a token. It shows nothing of a token whose
// signature is wrong.
func reason(err error, all jwt.MapClaims) string {
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "it is not a JSON Web Token"
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return "its algorithm is unknown"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "its signature is wrong, or not " + algRSA + ", " + algECDSA + " or " + algEd25519
	case errors.Is(err, jwt.ErrTokenExpired):
		at, _ := all.GetExpirationTime()
		return "it expired at " + at.UTC().Format(time.RFC3339)
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		at, _ := all.GetNotBefore()
		return "it is valid from " + at.UTC().Format(time.RFC3339) + " on"
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return fmt.Sprintf("its issuer is %.100q", fmt.Sprint(all["iss"]))
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return fmt.Sprintf("it is for %.100q", fmt.Sprint(all["aud"]))
	}
	return "a claim is missing or wrong"
}
