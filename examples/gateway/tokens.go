package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/jwt"
)

// tokenFile is the file of -tokens: which access tokens the gateway accepts.
type tokenFile struct {
	Issuer      string   // the claim iss
	Audience    []string // one of them must be in the claim aud
	Keys        string   // https URL or file of the keys; "": the issuer's description says where they are
	Scopes      []string // a token needs one of them, as scope or role
	UserClaim   string   // the claim with the user's name; "": sub
	GroupsClaim string   // the claim with the user's groups
	AnyUser     bool     // the client may name another user than that of its token, which changes nothing
	AllUsers    bool     // users who aren't in the place of -users, -passwd or -ldap may log on, too
}

// maxTokenFile bounds the file of -tokens and that of -token, in bytes.
const maxTokenFile = 64 << 10

// loadTokens reads the file of -tokens. users is nil if no users are given.
func loadTokens(path string, users userStore, keys *providerKeys) (*jwt.Verifier, error) {
	f, err := readTokenFile(path)
	if err != nil {
		return nil, err
	}
	v := &jwt.Verifier{
		Issuer: f.Issuer, Audiences: f.Audience, Scopes: f.Scopes,
		UserClaim: f.UserClaim, GroupsClaim: f.GroupsClaim, AnyUser: f.AnyUser,
	}
	var errs []error
	if v.Keys, err = keys.of(&f, path); err != nil {
		errs = append(errs, fmt.Errorf("field Keys: %w", err))
	} else if err := v.Check(); err != nil {
		errs = append(errs, err)
	}
	if users == nil && !f.AllUsers {
		errs = append(errs, errors.New("without -users, -passwd or -ldap, AllUsers must be true, otherwise no user could log on"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	v.Identity = f.identify(users)
	return v, nil
}

// readTokenFile reads a file of -tokens.
func readTokenFile(path string) (f tokenFile, err error) {
	text, err := readBounded(path)
	if err != nil {
		return f, err
	}
	_, err = jsonconfig.Decode(path, text, &f)
	return f, err
}

// readBounded reads a file of -tokens or -token.
func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, source.FileError(path, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
	if err != nil {
		return nil, source.FileError(path, err)
	}
	if len(text) > maxTokenFile {
		return nil, fmt.Errorf("%s: more than %d bytes", path, maxTokenFile)
	}
	return text, nil
}

// identify returns the function that finds a token's user. With AllUsers the claims say who a
// user is that the place of users doesn't have; one that it has and refuses stays refused.
func (f *tokenFile) identify(users userStore) func(context.Context, jwt.Claims) (auth.Identity, error) {
	return func(ctx context.Context, c jwt.Claims) (auth.Identity, error) {
		if users != nil {
			id, err := users.Identity(ctx, c.User)
			if !f.AllUsers || !errors.Is(err, auth.ErrNoUser) {
				return id, err
			}
		}
		return c.Identity(), nil
	}
}

// checkToken returns who logs on with the token in a file, or on standard input if the path
// is "-". user is the name that the client gives beside it.
func checkToken(v *jwt.Verifier, user, path string, stdin io.Reader) (auth.Identity, error) {
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(io.LimitReader(stdin, maxTokenFile))
	} else {
		text, err = readBounded(path)
	}
	if err != nil {
		return auth.Identity{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return v.VerifyToken(ctx, auth.BearerToken{User: user, Token: auth.Secret(bytes.TrimSpace(text))}, auth.Channel{TLS: true})
}

// fetchTokenKeys reads the file of -tokens, if it is given, and fetches the keys that it names.
// keysErr says why they can't be fetched, and err what is wrong with the file.
func fetchTokenKeys(path string) (keysErr, err error) {
	if path == "" {
		return nil, nil
	}
	v, err := loadTokens(path, usersFile{}, new(providerKeys)) // check may have no users
	if err != nil {
		return nil, fmt.Errorf("-tokens: %w", err)
	}
	return v.Keys.Refresh(context.Background()), nil
}

// The codes of findings about tokens.
const (
	codeTokensMissing source.Code = "tokens-missing"
	codeTokensUnused  source.Code = "tokens-unused"
	codeTokenKeys     source.Code = "token-keys"
)

// tokenFindings returns the findings about the tokens that the connectors accept.
func (l *loaded) tokenFindings(m material) (found source.Diagnostics) {
	accepting := l.logonConnectors(func(mechanism auth.Mechanism) bool { return mechanism.Has(auth.OAuth) })
	if m.tokens == "" {
		for _, in := range accepting {
			found = append(found, source.Diagnostic{
				Severity: m.missing(), Path: source.Named("Receive", in.Name()).Field("AuthMechanism"), Code: codeTokensMissing,
				Detail: "without a file of the identity provider OAuth offers nothing: give -tokens",
			})
		}
		return found
	}
	position := source.Position{File: m.tokens}
	if len(accepting) == 0 {
		return append(found, source.Diagnostic{
			Severity: source.SeverityWarning, Position: position, Code: codeTokensUnused,
			Detail: "-tokens has no effect: no Receive connector of this server has the AuthMechanism OAuth",
			Fix:    "Set-ReceiveConnector NAME -AuthMechanism Tls, OAuth",
		})
	}
	if m.tokenKeys != nil {
		found = append(found, source.Diagnostic{
			Severity: source.SeverityWarning, Position: position, Code: codeTokenKeys,
			Detail: fmt.Sprintf("no client can log on with a token: %v", m.tokenKeys),
			Fix:    "correct Issuer or Keys, or let this machine reach the identity provider",
		})
	}
	return found
}
