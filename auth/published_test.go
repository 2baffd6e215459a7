package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// publishedToken is an exchange that others have published, in base64.
type publishedToken struct {
	name      string
	token     auth.BearerToken
	initial   string // the client's response
	challenge string // of a server that refuses the token
	cancel    string // what the client answers
}

// publishedTokens are RFC 7628, sections 4.1 and 4.3, the latter's challenge with the token of the former, and
// Google's "OAuth 2.0 Mechanism".
var publishedTokens = []publishedToken{
	{"RFC 7628", auth.BearerToken{Mechanism: auth.OAuthBearer, User: "user@example.com", Token: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", Host: "server.example.com", Port: 587},
		"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
		"eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=",
		"AQ=="},
	{"Google", auth.BearerToken{Mechanism: auth.XOAuth2, User: "someuser@example.com", Token: "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"},
		"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
		"eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K",
		""},
}

// publishedServer accepts the published tokens if accepts is true, and keeps what it was asked in got.
type publishedServer struct {
	accepts bool
	got     *auth.BearerToken
}

// VerifyToken implements auth.TokenVerifier.
func (s publishedServer) VerifyToken(_ context.Context, t auth.BearerToken, _ auth.Channel) (auth.Identity, error) {
	*s.got = t
	if s.accepts {
		return auth.Identity{Principal: permission.Authenticated(t.User)}, nil
	}
	return auth.Identity{}, &auth.TokenError{Scope: "example_scope", Configuration: "https://example.com/.well-known/openid-configuration"}
}

// TestPublishedTokens: the client writes what is published, the server reads it, and both end the exchange of a
// token that isn't accepted in the published way.
func TestPublishedTokens(t *testing.T) {
	decode := func(s string) []byte {
		t.Helper()
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, p := range publishedTokens {
		client, err := auth.NewTokenClient(p.token)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := client.Start(); base64.StdEncoding.EncodeToString(text) != p.initial || err != nil {
			t.Errorf("%s: the client writes %q, %v", p.name, text, err)
		}
		if text, err := client.Next(decode(p.challenge)); base64.StdEncoding.EncodeToString(text) != p.cancel || err != nil {
			t.Errorf("%s: the client cancels with %q, %v", p.name, text, err)
		}
		var got auth.BearerToken
		x := begin(t, auth.Methods{Tokens: publishedServer{true, &got}}, p.token.Mechanism, auth.Channel{TLS: true})
		if challenge, done, err := x.Next(decode(p.initial)); got != p.token || challenge != nil || !done || err != nil {
			t.Errorf("%s: the server reads user %q, host %s, port %d and says %q, %v, %v", p.name, got.User, got.Host, got.Port, challenge, done, err)
		}
		x = begin(t, auth.Methods{Tokens: publishedServer{false, &got}}, p.token.Mechanism, auth.Channel{TLS: true})
		challenge, done, err := x.Next(decode(p.initial))
		if done || err != nil {
			t.Errorf("%s refused: %v, %v", p.name, done, err)
		}
		if says, want := fields(t, challenge), fields(t, decode(publishedTokens[0].challenge)); want["status"] != says["status"] ||
			want["scope"] != says["scope"] || want["openid-configuration"] != says["openid-configuration"] {
			t.Errorf("%s refused: the server says %s", p.name, challenge)
		}
		if challenge, done, err := x.Next(decode(p.cancel)); challenge != nil || !done || !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s cancelled: %q, %v, %v", p.name, challenge, done, err)
		}
	}
}

// fields reads the JSON object of a challenge.
func fields(t *testing.T, challenge []byte) (values map[string]string) {
	t.Helper()
	if err := json.Unmarshal(challenge, &values); err != nil {
		t.Errorf("%q: %v", challenge, err)
	}
	return values
}
