package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// tokens accepts the token "good" for ann, and keeps what it was asked in got.
type tokens struct{ got *auth.BearerToken }

func (v tokens) VerifyToken(_ context.Context, t auth.BearerToken, _ auth.Channel) (auth.Identity, error) {
	if v.got != nil {
		*v.got = t
	}
	switch t.Token.Reveal() {
	case "good":
		return auth.Identity{Principal: permission.Authenticated("ann@contoso.com")}, nil
	case "unchecked":
		return auth.Identity{}, errors.New("the keys can't be fetched")
	}
	return auth.Identity{}, &auth.TokenError{Scope: "SMTP.Send", Configuration: "https://login.contoso.com/", Reason: "it has expired"}
}

// allow is an Attempt that lets every check happen.
func allow(_ string, check func(context.Context) (auth.Identity, error)) error {
	_, err := check(context.Background())
	return err
}

// begin returns the server's side of a mechanism.
func begin(t testing.TB, m auth.Methods, name string, ch auth.Channel) auth.Exchange {
	t.Helper()
	x, err := m.Begin(name, ch, allow)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestTokenExchanges: the forms of RFC 7628 and of Google's page, and those that aren't.
func TestTokenExchanges(t *testing.T) {
	const user = "user=ann@contoso.com\x01"
	for _, tt := range []struct{ mechanism, response, want string }{
		{auth.XOAuth2, user + "auth=Bearer good\x01\x01", "ann@contoso.com : 0"},
		{auth.XOAuth2, user + "auth=bearer good\x01\x01", "ann@contoso.com : 0"},
		{auth.XOAuth2, "auth=Bearer good\x01\x01", " : 0"},
		{auth.XOAuth2, user + "auth=Bearer unchecked\x01\x01", "the keys can't be fetched"},
		{auth.XOAuth2, user + "auth=Bearer good\x01", "malformed"},
		{auth.XOAuth2, user + user + "auth=Bearer good\x01\x01", "malformed"},
		{auth.XOAuth2, user + "auth=Basic good\x01\x01", "malformed"},
		{auth.XOAuth2, user + "auth=Bearer \x01\x01", "malformed"},
		{auth.XOAuth2, user + "auth=Bearer go od\x01\x01", "malformed"},
		{auth.XOAuth2, user + "\x01\x01", "malformed"},
		{auth.XOAuth2, "user=\xff\x01auth=Bearer good\x01\x01", "malformed"},
		{auth.XOAuth2, strings.Repeat("a=b\x01", 100), "malformed"},
		{auth.XOAuth2, "", "malformed"},
		{auth.XOAuth2, user + "auth=Bearer " + strings.Repeat("x", 20_000) + "\x01\x01", "malformed"},

		{auth.OAuthBearer, "n,a=ann@contoso.com,\x01host=mail.contoso.com\x01port=587\x01auth=Bearer good\x01\x01", "ann@contoso.com mail.contoso.com: 587"},
		{auth.OAuthBearer, "n,,\x01auth=Bearer good\x01\x01", " : 0"},
		{auth.OAuthBearer, "y,a=a=2Cb=3Dc,\x01auth=Bearer good\x01\x01", "a,b=c : 0"},
		{auth.OAuthBearer, "n,a=a=2c,\x01auth=Bearer good\x01\x01", "malformed"},
		{auth.OAuthBearer, "n,b=x,\x01auth=Bearer good\x01\x01", "malformed"},
		{auth.OAuthBearer, "p=tls-exporter,,\x01auth=Bearer good\x01\x01", "malformed"},
		{auth.OAuthBearer, "n,,\x01port=70000\x01auth=Bearer good\x01\x01", "malformed"},
		{auth.OAuthBearer, "user=ann\x01auth=Bearer good\x01\x01", "malformed"}, // XOAUTH2's form
		{auth.OAuthBearer, "n,,\x01\x01", "malformed"},
		{auth.OAuthBearer, "n,,", "malformed"},
		{auth.OAuthBearer, "", "malformed"},
	} {
		var got auth.BearerToken
		x := begin(t, auth.Methods{Tokens: tokens{&got}}, strings.ToLower(tt.mechanism), auth.Channel{})
		challenge, done, err := x.Next([]byte(tt.response))
		text := fmt.Sprintf("%s %s: %d", got.User, got.Host, got.Port)
		if err != nil {
			text = err.Error()
		}
		if !done || challenge != nil || !strings.HasPrefix(text, tt.want) {
			t.Errorf("%s %q: %q, %v, %s; want %s", tt.mechanism, tt.response, challenge, done, text, tt.want)
		}
	}
}

// TestTokenRefused: the client gets the reason and answers, whatever it is, before the end.
func TestTokenRefused(t *testing.T) {
	const challenge = `{"status":"invalid_token","schemes":"bearer","scope":"SMTP.Send","openid-configuration":"https://login.contoso.com/"}`
	for _, name := range []string{auth.XOAuth2, auth.OAuthBearer} {
		x := begin(t, auth.Methods{Tokens: tokens{}}, name, auth.Channel{})
		client, err := auth.NewTokenClient(auth.BearerToken{Mechanism: name, User: "ann@contoso.com", Token: "bad"})
		if err != nil {
			t.Fatal(err)
		}
		if text, done, err := x.Next(nil); len(text) != 0 || done || err != nil {
			t.Errorf("%s without a response: %q, %v, %v", name, text, done, err)
		}
		response, err := client.Start()
		if err != nil {
			t.Fatal(err)
		}
		got, done, err := x.Next(response)
		if string(got) != challenge || done || err != nil {
			t.Errorf("%s: %s, %v, %v", name, got, done, err)
		}
		response, err = client.Next(got)
		if want := map[string]string{auth.XOAuth2: "", auth.OAuthBearer: "\x01"}[name]; string(response) != want || err != nil {
			t.Errorf("%s: the client answers %q, %v", name, response, err)
		}
		if _, done, err := x.Next(response); !done || !errors.Is(err, auth.ErrBadCredentials) || !strings.Contains(err.Error(), "it has expired") {
			t.Errorf("%s: %v, %v", name, done, err)
		}
		if _, done, err := x.Next(response); !done || !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%s after the end: %v, %v", name, done, err)
		}
	}
}

// TestTokenClientRefuses: what can't be sent isn't.
func TestTokenClientRefuses(t *testing.T) {
	for _, tt := range []auth.BearerToken{
		{Mechanism: auth.XOAuth2, Token: "good"},
		{Mechanism: auth.XOAuth2, User: "ann"},
		{Mechanism: auth.XOAuth2, User: "ann\x01auth=Bearer x", Token: "good"},
		{Mechanism: auth.OAuthBearer, User: "ann", Token: "go\x01od"},
		{Mechanism: auth.OAuthBearer, User: "ann\x00", Token: "good"},
		{Mechanism: auth.Plain, User: "ann", Token: "good"},
	} {
		if _, err := auth.NewTokenClient(tt); err == nil || strings.Contains(err.Error(), "good") {
			t.Errorf("%v: %v", tt, err)
		}
	}
}

// TestClientsServeOnce: a client that has said everything says no more, and none answers before it has begun.
func TestClientsServeOnce(t *testing.T) {
	for _, name := range []string{auth.OAuthBearer, auth.XOAuth2, auth.External} {
		client, err := auth.NewTokenClient(auth.BearerToken{Mechanism: name, User: "ann", Token: "good"})
		if name == auth.External {
			client, err = auth.NewExternalClient("ann")
		}
		if err != nil {
			t.Fatal(err)
		}
		if b, err := client.Next([]byte("{}")); err == nil {
			t.Errorf("%s answers %d bytes before it has begun", name, len(b))
		}
		if _, err := client.Start(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := client.Start(); err == nil {
			t.Errorf("%s begins again with %d bytes", name, len(b))
		}
		_, _ = client.Next([]byte("{}")) // why a token is refused
		if b, err := client.Next([]byte("{}")); err == nil {
			t.Errorf("%s answers %d bytes to a second challenge", name, len(b))
		}
	}
}

// certificates accepts a verified certificate for its first address.
type certificates struct{}

func (certificates) VerifyCertificate(_ context.Context, user string, ch auth.Channel) (auth.Identity, error) {
	c := ch.Certificate
	if !c.Verified || user != "" && user != c.Emails[0] {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return auth.Identity{Principal: permission.Authenticated(c.Emails[0])}, nil
}

// TestExternal: only the certificate says who the client is.
func TestExternal(t *testing.T) {
	verified := &auth.Certificate{Verified: true, Emails: []string{"ann@contoso.com"}}
	for _, tt := range []struct {
		name        string
		certificate *auth.Certificate
		user        string
		want        error
	}{
		{"verified", verified, "", nil},
		{"verified, named", verified, "ann@contoso.com", nil},
		{"another user", verified, "bob@contoso.com", auth.ErrBadCredentials},
		{"not verified", &auth.Certificate{Emails: verified.Emails}, "", auth.ErrBadCredentials},
		{"none", nil, "", auth.ErrBadCredentials},
		{"broken name", verified, "\xff", auth.ErrMalformed},
	} {
		x := begin(t, auth.Methods{Certificates: certificates{}}, auth.External, auth.Channel{TLS: true, Certificate: tt.certificate})
		if challenge, done, err := x.Next(nil); len(challenge) != 0 || done || err != nil {
			t.Errorf("%s: %q, %v, %v", tt.name, challenge, done, err)
		}
		if _, done, err := x.Next([]byte(tt.user)); !done || !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v; want %v", tt.name, done, err, tt.want)
		}
		if _, done, err := x.Next([]byte(tt.user)); !done || !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%s after the end: %v, %v", tt.name, done, err)
		}
	}
	client, err := auth.NewExternalClient("ann@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	if response, err := client.Start(); string(response) != "ann@contoso.com" || err != nil {
		t.Errorf("%q, %v", response, err)
	}
	if _, err := client.Next(nil); err == nil {
		t.Error("the client answers a challenge")
	}
	if _, err := auth.NewExternalClient("\xff"); err == nil {
		t.Error("a name that can't be sent")
	}
}

// FuzzTokens: no response of a client makes the server panic, accept a token that the checker
// doesn't, or read more than one user out of it.
func FuzzTokens(f *testing.F) {
	f.Add("user=ann\x01auth=Bearer bad\x01\x01")
	f.Add("n,a=ann,\x01host=h\x01port=1\x01auth=Bearer bad\x01\x01")
	f.Add("n,a==2C=3D,\x01auth=bearer bad\x01\x01")
	f.Fuzz(func(t *testing.T, response string) {
		for _, name := range []string{auth.XOAuth2, auth.OAuthBearer} {
			var got auth.BearerToken
			x := begin(t, auth.Methods{Tokens: tokens{&got}}, name, auth.Channel{})
			_, done, err := x.Next([]byte(response))
			if done && err == nil && got.Token.Reveal() != "good" || strings.ContainsAny(got.User, "\x00\x01") {
				t.Fatalf("%s: %v, %v, user %q", name, done, err, got.User)
			}
			if got.Token == "" {
				continue
			}
			client, err := auth.NewTokenClient(got)
			if err != nil {
				if name == auth.XOAuth2 && got.User == "" {
					continue
				}
				t.Fatal(err)
			}
			text, _ := client.Start()
			first := got
			_, _, _ = begin(t, auth.Methods{Tokens: tokens{&got}}, name, auth.Channel{}).Next(text)
			if got.User != first.User || got.Token != first.Token {
				t.Fatalf("%q is sent as %q", first.User, got.User)
			}
		}
	})
}

// FuzzExternal: the check is asked once, with the name that the client sent, if that is well-formed.
func FuzzExternal(f *testing.F) {
	f.Add([]byte("ann"), true)
	f.Add([]byte{}, false)            // the certificate says who it is
	f.Add([]byte("a\x00b\xff"), true) // NUL, not UTF-8
	f.Add(make([]byte, 1<<12), false) // too long
	f.Fuzz(func(t *testing.T, response []byte, initial bool) {
		response = append([]byte{}, response...) // not nil
		var asked []string
		check := func(user string, _ func(context.Context) (auth.Identity, error)) error {
			asked = append(asked, user)
			return nil
		}
		x, err := auth.Methods{Certificates: certificates{}}.Begin(auth.External, auth.Channel{TLS: true, Certificate: &auth.Certificate{}}, check)
		if err != nil {
			t.Fatal(err)
		}
		if !initial {
			if challenge, done, err := x.Next(nil); challenge == nil || len(challenge) > 0 || done || err != nil {
				t.Fatalf("%q, %v, %v", challenge, done, err)
			}
		}
		challenge, done, err := x.Next(response)
		well := utf8.Valid(response) && !slices.Contains(response, 0) && len(response) <= 512
		if challenge != nil || !done || well != (err == nil) || !well && (!errors.Is(err, auth.ErrMalformed) || len(asked) > 0) || well && !slices.Equal(asked, []string{string(response)}) {
			t.Fatalf("%q, %v, %v, asked %q", challenge, done, err, asked)
		}
		if _, done, err := x.Next(response); !done || !errors.Is(err, auth.ErrMalformed) || len(asked) > 1 {
			t.Fatalf("went on after the end: %v, %v, asked %q", done, err, asked)
		}
	})
}
