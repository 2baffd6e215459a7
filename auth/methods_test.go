package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

// everything is a Verifier that checks all kinds of proofs.
type everything struct {
	auth.VerifierFunc
	tokens
	certificates
	keys bool
}

func (e everything) HasKeys() bool { return e.keys }

func (everything) ScramKeys(context.Context, string, auth.Channel) (auth.ScramKeys, auth.Identity, error) {
	return auth.ScramKeys{}, auth.Identity{}, auth.ErrBadCredentials
}

// gssapi is a mechanism that a program adds.
var gssapi = auth.Method{SASL: auth.SASL{Name: "GSSAPI", Flags: auth.Integrated, NeedsTLS: true},
	Begin: func(auth.Channel, auth.Attempt) auth.Exchange { return nil }}

// TestOfferedMethods: which mechanisms are offered where, by the flags of a connector, TLS and
// what the server can check.
func TestOfferedMethods(t *testing.T) {
	passwords := auth.VerifierFunc(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
		return auth.Identity{}, auth.ErrBadCredentials
	})
	all := auth.MethodsOf(everything{VerifierFunc: passwords, keys: true})
	all.Others = []auth.Method{gssapi}
	clear := auth.Channel{}
	tls := auth.Channel{TLS: true, Exporter: []byte("x"), Certificate: new(auth.Certificate)}
	const flags = auth.TLS | auth.BasicAuth | auth.OAuth | auth.ClientCertificate | auth.Integrated
	for _, tt := range []struct {
		name  string
		m     auth.Methods
		flags auth.Mechanism
		ch    auth.Channel
		want  string
	}{
		{"all within TLS", all, flags, tls, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 EXTERNAL GSSAPI LOGIN PLAIN"},
		{"all in the clear", all, flags, clear, "SCRAM-SHA-256 LOGIN PLAIN"},
		{"passwords need TLS", all, flags | auth.BasicAuthRequireTLS, clear, ""},
		{"no binding, no certificate", all, flags, auth.Channel{TLS: true}, "SCRAM-SHA-256 OAUTHBEARER XOAUTH2 GSSAPI LOGIN PLAIN"},
		{"tokens only", all, auth.TLS | auth.OAuth, tls, "OAUTHBEARER XOAUTH2"},
		{"the network authenticates", all, auth.ExternalAuthoritative, tls, ""},
		{"nothing", auth.Methods{}, flags, tls, ""},
		{"passwords", auth.MethodsOf(passwords), flags, tls, "LOGIN PLAIN"},
		{"some users have no keys", auth.MethodsOf(everything{VerifierFunc: passwords}), auth.BasicAuth, tls, "LOGIN PLAIN"},
		{"tokens without passwords", auth.Methods{Tokens: tokens{}}, flags, tls, "OAUTHBEARER XOAUTH2"},
	} {
		ch := tt.m.On(tt.ch)
		offered := tt.flags.Offer(ch)
		if got := strings.Join(offered, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		for _, name := range []string{"scram-sha-256-plus", "SCRAM-SHA-256", "OAUTHBEARER", "xoauth2", "EXTERNAL", "GSSAPI", "LOGIN", "plain", "", "NTLM"} {
			if got, want := tt.flags.Permits(name, ch), slices.Contains(offered, strings.ToUpper(name)); got != want {
				t.Errorf("%s: %s permitted is %v", tt.name, name, got)
			}
		}
	}
}

// TestMethodsOf: nil checks nothing, and Methods stay themselves.
func TestMethodsOf(t *testing.T) {
	if m := auth.MethodsOf(nil); m.Passwords != nil || m.Tokens != nil {
		t.Errorf("%v", m)
	}
	m := auth.Methods{Tokens: tokens{}}
	for _, v := range []auth.Verifier{m, &m} {
		if got := auth.MethodsOf(v); got.Tokens == nil || got.Passwords != nil {
			t.Errorf("%T: %v", v, got)
		}
	}
	if _, err := m.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "x"}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("Methods without Passwords: %v", err)
	}
}

// TestBeginRefuses: Begin has the mechanisms of the Methods only.
func TestBeginRefuses(t *testing.T) {
	for _, name := range []string{"", "PLAIN", "XOAUTH2", "EXTERNAL", "SCRAM-SHA-256", strings.Repeat("X", 1000)} {
		if _, err := (auth.Methods{}).Begin(name, auth.Channel{}, allow); err == nil || len(err.Error()) > 200 {
			t.Errorf("%.20s: %v", name, err)
		}
	}
	if _, err := (auth.Methods{Others: []auth.Method{gssapi}}).Begin("gssapi", auth.Channel{}, allow); err != nil {
		t.Error(err)
	}
}

// TestKeysNeverPrint: no key and no token is printed.
func TestKeysNeverPrint(t *testing.T) {
	k := auth.ScramKeys{Salt: []byte("saltsalt"), StoredKey: [32]byte{0xab, 0xcd}, ServerKey: [32]byte{0xef}}
	token := auth.BearerToken{User: "ann", Token: "secret-token"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, v := range []any{k, &k, struct{ K auth.ScramKeys }{k}, token, &token} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "abcd") || strings.Contains(text, "171 205") || strings.Contains(text, "0xab") ||
				strings.Contains(text, "secret-token") || strings.Contains(text, "7365637265742d") {
				t.Errorf("%s prints %s", format, text)
			}
		}
	}
}

// TestUnknownKeys: they don't change, and differ between users and secrets.
func TestUnknownKeys(t *testing.T) {
	a, b := auth.UnknownKeys([]byte("s"), "ann", 4096), auth.UnknownKeys([]byte("s"), "ann", 4096)
	if string(a.Salt) != string(b.Salt) || a.StoredKey != b.StoredKey || len(a.Salt) != 16 || a.Iterations != 4096 {
		t.Error("the keys change")
	}
	for _, other := range []auth.ScramKeys{auth.UnknownKeys([]byte("s"), "bob", 4096), auth.UnknownKeys([]byte("t"), "ann", 4096)} {
		if string(other.Salt) == string(a.Salt) || other.StoredKey == a.StoredKey || other.ServerKey == a.ServerKey {
			t.Error("the same keys for another user or secret")
		}
	}
}
