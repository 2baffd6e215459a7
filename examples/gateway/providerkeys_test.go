package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
)

// keyServer serves the keys of a provider by HTTPS, until it is away.
func keyServer(t *testing.T, p *provider) (server *httptest.Server, away *atomic.Bool) {
	t.Helper()
	set, err := os.ReadFile(filepath.Join(filepath.Dir(p.tokens), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	away = new(atomic.Bool)
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(set)
	}))
	t.Cleanup(server.Close)
	return server, away
}

// TestReloadKeepsKeys: after a reload clients log on with tokens of a provider that is away.
func TestReloadKeepsKeys(t *testing.T) {
	p := newProvider(t, "")
	server, away := keyServer(t, p)
	usual := http.DefaultTransport
	http.DefaultTransport = server.Client().Transport // it trusts the server's certificate
	defer func() { http.DefaultTransport = usual }()
	write(t, p.tokens, `{"Issuer": "https://login.fabrikam.com", "Audience": ["smtp"], "UserClaim": "email", "Keys": "`+server.URL+`/keys"}`)
	s, session := serveTokens(t, p.tokens)
	logOn := func() {
		t.Helper()
		c := session()
		defer c.Close()
		c.Do(authXOAUTH2("app@fabrikam.com", p.token(t, "app@fabrikam.com", time.Hour)), 235)
	}
	logOn()
	away.Store(true)
	logOn()
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 1)
	logOn()
	s.end(t)
}

// TestKeysKept: the keys of a provider that is away are kept, and no others are used in place of them.
func TestKeysKept(t *testing.T) {
	p := newProvider(t, "")
	server, away := keyServer(t, p)
	keys := &providerKeys{client: server.Client()}
	// accepts reads a file of -tokens, as a reload does, and says whether a token is accepted by it.
	accepts := func(address, more string) bool {
		t.Helper()
		write(t, p.tokens, `{"Issuer": "https://login.fabrikam.com", "Audience": ["smtp"], "UserClaim": "email", "AllUsers": true, "Keys": "`+address+`"`+more+`}`)
		v, err := loadTokens(p.tokens, nil, keys)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.VerifyToken(t.Context(), auth.BearerToken{Token: auth.Secret(p.token(t, "ann@fabrikam.com", time.Hour))}, auth.Channel{TLS: true})
		return err == nil
	}
	if !accepts(server.URL+"/keys", "") {
		t.Fatal("the token isn't accepted")
	}
	away.Store(true)
	if !accepts(server.URL+"/keys", "") {
		t.Error("a reload forgets the keys")
	}
	if !accepts(server.URL+"/keys", `, "AnyUser": true`) {
		t.Error("a reload with another setting forgets the keys")
	}
	if accepts(server.URL+"/others", "") {
		t.Error("keys of another address are used")
	}
	if !accepts(server.URL+"/keys", "") {
		t.Error("a reload after that of another address forgets the keys")
	}
}

// TestKeyFileRead: a reload reads a file of keys again: one that is gone from it isn't used.
func TestKeyFileRead(t *testing.T) {
	p, other := newProvider(t, `, "AllUsers": true`), newProvider(t, "")
	keys := new(providerKeys)
	for i, of := range []*provider{p, other} {
		set, err := os.ReadFile(filepath.Join(filepath.Dir(of.tokens), "keys.json"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(filepath.Dir(p.tokens), "keys.json"), string(set))
		v, err := loadTokens(p.tokens, nil, keys)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.VerifyToken(t.Context(), auth.BearerToken{Token: auth.Secret(p.token(t, "ann@fabrikam.com", time.Hour))}, auth.Channel{TLS: true})
		if accepted := err == nil; accepted != (i == 0) {
			t.Errorf("file %d: %v", i, err)
		}
	}
	write(t, filepath.Join(filepath.Dir(p.tokens), "keys.json"), "{")
	if _, err := loadTokens(p.tokens, nil, keys); err == nil || !strings.Contains(err.Error(), "keys.json") {
		t.Errorf("a file with a mistake: %v", err)
	}
}
