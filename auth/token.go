package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// BearerToken is an OAuth access token with which a client logs on. It prints without the
// token.
type BearerToken struct {
	Mechanism string // SASL name
	User      string // the mailbox or user that the client names; "": the token says who it is
	Token     Secret // at most 9216 bytes
	Host      string // the server that the client means, if it says so; OAUTHBEARER only
	Port      uint16 // the same; 0: not given
}

// TokenVerifier checks access tokens. VerifyToken returns an error that wraps
// ErrBadCredentials, at best a *TokenError, for a token that it doesn't accept; any other
// error means that the token couldn't be checked now. It accepts a User that isn't the
// token's subject only if the subject may act for that user. Otherwise the rules of
// Verifier apply.
type TokenVerifier interface {
	VerifyToken(ctx context.Context, t BearerToken, ch Channel) (Identity, error)
}

// TokenError says to the client why its token isn't accepted (RFC 7628, section 3.2.2). It
// wraps ErrBadCredentials.
type TokenError struct {
	Status        string // "": invalid_token
	Scope         string // the scopes that would be accepted
	Configuration string // URL of the OpenID configuration of the authorization server
	Reason        string // for the log; the client doesn't get it
}

// Error implements error.
func (e *TokenError) Error() string {
	if e.Reason == "" {
		return "the token isn't accepted"
	}
	return "the token isn't accepted: " + e.Reason
}

// Unwrap returns ErrBadCredentials.
func (e *TokenError) Unwrap() error { return ErrBadCredentials }

// tokenChallenge returns the JSON text that a client gets for err.
func tokenChallenge(err error) []byte {
	e := new(TokenError)
	errors.As(err, &e)
	status := e.Status
	if status == "" {
		status = "invalid_token"
	}
	text, _ := json.Marshal(struct { // strings alone always have a JSON form
		Status        string `json:"status"`
		Schemes       string `json:"schemes"`
		Scope         string `json:"scope,omitempty"`
		Configuration string `json:"openid-configuration,omitempty"`
	}{status, "bearer", e.Scope, e.Configuration})
	return text
}

// tokenServer is the server's side of OAUTHBEARER and of XOAUTH2.
type tokenServer struct {
	parse    func([]byte) (BearerToken, error)
	verify   func(BearerToken) error
	prompted bool
	refused  error // why the token isn't accepted, once the client has got the reason
	over     bool
}

// beginToken returns the exchange of OAUTHBEARER or XOAUTH2.
func (m Methods) beginToken(name string, ch Channel, attempt Attempt) Exchange {
	parse := parseXOAuth2
	if equalFold(name, OAuthBearer) {
		parse = parseOAuthBearer
	}
	return &tokenServer{parse: parse, verify: func(t BearerToken) error {
		return attempt(t.User, func(ctx context.Context) (Identity, error) { return m.Tokens.VerifyToken(ctx, t, ch) })
	}}
}

// Next implements Exchange. A client whose token isn't accepted first gets the reason; what
// it answers doesn't matter.
func (x *tokenServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, true, ErrMalformed
	case x.refused != nil:
		x.over = true
		return nil, true, x.refused
	case response == nil && !x.prompted:
		x.prompted = true
		return []byte{}, false, nil
	}
	t, err := x.parse(response)
	if err == nil {
		err = x.verify(t)
	}
	if errors.Is(err, ErrBadCredentials) {
		x.refused = err
		return tokenChallenge(err), false, nil
	}
	x.over = true
	return nil, true, err
}

// parseXOAuth2 reads "user=ann@contoso.com^Aauth=Bearer token^A^A".
func parseXOAuth2(response []byte) (BearerToken, error) {
	pairs, err := parsePairs(string(response))
	if err != nil {
		return BearerToken{}, err
	}
	t := BearerToken{Mechanism: XOAuth2, User: pairs["user"]}
	return t, t.set(pairs)
}

// parseOAuthBearer reads "n,a=ann@contoso.com,^Ahost=mail.contoso.com^Aport=587^Aauth=Bearer
// token^A^A" (RFC 7628, section 3.1). A client that asks for channel binding can't have it.
func parseOAuthBearer(response []byte) (BearerToken, error) {
	header, rest, ok := strings.Cut(string(response), "\x01")
	parts := strings.Split(header, ",")
	if !ok || len(parts) != 3 || parts[0] != "n" && parts[0] != "y" || parts[2] != "" {
		return BearerToken{}, ErrMalformed
	}
	user, named := strings.CutPrefix(parts[1], "a=")
	if !named && parts[1] != "" {
		return BearerToken{}, ErrMalformed
	}
	user, ok = unescapeName(user)
	if !ok {
		return BearerToken{}, ErrMalformed
	}
	pairs, err := parsePairs(rest)
	if err != nil {
		return BearerToken{}, err
	}
	t := BearerToken{Mechanism: OAuthBearer, User: user, Host: pairs["host"]}
	if port := pairs["port"]; port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return BearerToken{}, ErrMalformed
		}
		t.Port = uint16(n)
	}
	return t, t.set(pairs)
}

// parsePairs reads "key=value^A" repeated, and one ^A behind them.
func parsePairs(s string) (map[string]string, error) {
	s, ended := strings.CutSuffix(s, "\x01\x01")
	if !ended {
		return nil, ErrMalformed
	}
	pairs := make(map[string]string)
	for pair := range strings.SplitSeq(s, "\x01") {
		key, value, ok := strings.Cut(pair, "=")
		_, twice := pairs[key]
		if !ok || key == "" || twice || len(pairs) == maxPairs {
			return nil, ErrMalformed
		}
		pairs[key] = value
	}
	return pairs, nil
}

// maxPairs bounds the keys of a response; RFC 7628 defines seven.
const maxPairs = 16

// set takes the token out of the pair "auth", and checks t.
func (t *BearerToken) set(pairs map[string]string) error {
	scheme, token, _ := strings.Cut(pairs["auth"], " ")
	t.Token = Secret(token)
	if !equalFold(scheme, "Bearer") || t.check() != nil {
		*t = BearerToken{}
		return ErrMalformed
	}
	return nil
}

// check returns an error unless t can be sent and received.
func (t *BearerToken) check() error {
	if token := t.Token.Reveal(); token == "" || len(token) > maxPassword || strings.Trim(token, tokenBytes) != "" {
		return fmt.Errorf("the token must have 1 to %d letters, digits and characters of -._~+/=", maxPassword)
	}
	if t.User != "" && !wellFormed([]byte(t.User), maxUsername) || strings.Contains(t.User, "\x01") {
		return fmt.Errorf("the user name must be UTF-8 of at most %d bytes without control characters", maxUsername)
	}
	return nil
}

// tokenBytes are the bytes of a token (RFC 6750, section 2.1).
const tokenBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

// nameEscapes are the escapes of a saslname (RFC 5801, section 4).
var nameEscapes = strings.NewReplacer("=", "=3D", ",", "=2C")

// unescapeName reads a saslname.
func unescapeName(s string) (string, bool) {
	plain := strings.NewReplacer("=3D", "=", "=2C", ",").Replace(s)
	return plain, nameEscapes.Replace(plain) == s
}

// NewTokenClient returns the client's side of OAUTHBEARER or XOAUTH2, by t.Mechanism. Any
// other mechanism is an error, and so is a token or user name that it can't carry; XOAUTH2
// needs a user name.
func NewTokenClient(t BearerToken) (Client, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	switch {
	case t.Mechanism == OAuthBearer:
		return &tokenClient{text: func() string { return oauthBearerText(t) }, cancel: "\x01"}, nil
	case t.Mechanism == XOAuth2 && t.User == "":
		return nil, fmt.Errorf("%s needs a user name, the mailbox", XOAuth2)
	case t.Mechanism == XOAuth2:
		return &tokenClient{text: func() string {
			return "user=" + t.User + "\x01auth=Bearer " + t.Token.Reveal() + "\x01\x01"
		}}, nil
	}
	return nil, fmt.Errorf("tokens need the SASL mechanism %s or %s", OAuthBearer, XOAuth2)
}

// oauthBearerText returns the response of OAUTHBEARER.
func oauthBearerText(t BearerToken) string {
	var b strings.Builder
	b.WriteString("n,")
	if t.User != "" {
		b.WriteString("a=" + nameEscapes.Replace(t.User))
	}
	b.WriteString(",\x01")
	if t.Host != "" {
		b.WriteString("host=" + t.Host + "\x01")
	}
	if t.Port != 0 {
		b.WriteString("port=" + strconv.Itoa(int(t.Port)) + "\x01")
	}
	b.WriteString("auth=Bearer " + t.Token.Reveal() + "\x01\x01")
	return b.String()
}

// tokenClient is the client's side of OAUTHBEARER and XOAUTH2.
type tokenClient struct {
	text     func() string // a function, because fmt prints unexported fields without asking them
	cancel   string        // answers the server's reason for a refusal
	started  bool
	canceled bool
}

// Start implements Client.
func (x *tokenClient) Start() ([]byte, error) {
	if x.started {
		return nil, errUnexpected
	}
	x.started = true
	return []byte(x.text()), nil
}

// Next implements Client: the only challenge is the reason for a refusal.
func (x *tokenClient) Next([]byte) ([]byte, error) {
	if !x.started || x.canceled {
		return nil, errUnexpected
	}
	x.canceled = true
	return []byte(x.cancel), nil
}
