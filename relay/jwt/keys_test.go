package jwt_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/jwt"
)

const keysURL = "https://login.contoso.com/keys"

// TestRotation: a new key of the provider is found, without a request for each token that
// names a wrong one.
func TestRotation(t *testing.T) {
	otherEC()
	ecKey()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{delay: time.Second}
		p.set(keysURL, string(set(public("e", ecKey().Public()))))
		keys, err := jwt.KeysAt(keysURL, p.client())
		if err != nil {
			t.Fatal(err)
		}
		v := verifier(t)
		v.Keys = keys
		check := func(token auth.Secret, accepted bool, requests int) {
			t.Helper()
			_, err := v.Claims(t.Context(), token)
			synctest.Wait() // until the fetch behind it has begun
			if (err == nil) != accepted || err != nil && !errors.Is(err, auth.ErrBadCredentials) || p.requests() != requests {
				t.Errorf("%v, %d requests", err, p.requests())
			}
		}
		next := func() auth.Secret { return sign(t, gojwt.SigningMethodES256, "next", otherEC()) }
		check(good(t), true, 1)
		check(good(t), true, 1)
		p.set(keysURL, string(set(public("e", ecKey().Public()), public("next", otherEC().Public()))))
		check(next(), false, 1) // fetched just now
		time.Sleep(5 * time.Minute)
		check(next(), true, 2)
		for range 10 {
			check(sign(t, gojwt.SigningMethodES256, "none", otherEC()), false, 2)
		}

		// A key that the provider has removed is forgotten.
		p.set(keysURL, string(set(public("next", otherEC().Public()))))
		time.Sleep(time.Hour)
		check(good(t), true, 3) // fetched behind it
		time.Sleep(2 * time.Second)
		check(good(t), false, 3)
		check(next(), true, 3)
	})
}

// TestProviderAway: the keys are used for a day; without keys tokens can't be checked.
func TestProviderAway(t *testing.T) {
	ecKey()
	synctest.Test(t, func(t *testing.T) {
		p := new(provider)
		v := verifier(t)
		v.Keys, _ = jwt.KeysAt(keysURL, p.client())
		var events []event.Event
		v.Keys.Events = []event.Reader{func(_ context.Context, e event.Event) { events = append(events, e) }}
		reported := func(kind event.Kind, level string, until time.Duration) {
			t.Helper()
			synctest.Wait()
			if len(events) != 1 || events[0].Kind != kind || events[0].Host != keysURL || events[0].Level().String() != level || (events[0].Err == nil) != (kind == event.KeysFetched) ||
				events[0].Until.IsZero() != (until == 0) || until != 0 && events[0].Until.Sub(events[0].Time) != until {
				t.Errorf("%+v, want %s %v until %v later", events, level, kind, until)
			}
			events = nil
		}
		unchecked := func(requests int) {
			t.Helper()
			if _, err := v.Claims(t.Context(), good(t)); err == nil || errors.Is(err, auth.ErrBadCredentials) || p.requests() != requests {
				t.Errorf("%v, %d requests", err, p.requests())
			}
		}
		unchecked(1)
		unchecked(1)
		time.Sleep(30 * time.Second)
		unchecked(2)
		reported(event.KeysNotFetched, "ERROR", 0)
		p.set(keysURL, string(usualSet()))
		time.Sleep(30 * time.Second)
		if _, err := v.Claims(t.Context(), good(t)); err != nil || v.Keys.Len() != 3 {
			t.Error(err)
		}
		reported(event.KeysFetched, "INFO", 24*time.Hour)
		p.set(keysURL, "")
		for range 23 {
			time.Sleep(time.Hour)
			if _, err := v.Claims(t.Context(), good(t)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		reported(event.KeysNotFetched, "WARN", 23*time.Hour)
		before := p.requests()
		time.Sleep(time.Hour)
		unchecked(before + 1)
		reported(event.KeysNotFetched, "ERROR", 0)

		// A client that gives up doesn't wait for the provider.
		p.mu.Lock()
		p.delay = time.Hour
		p.mu.Unlock()
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := v.Claims(ctx, good(t)); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		time.Sleep(10 * time.Second) // the fetch itself has its time
		if err := v.Keys.Refresh(t.Context()); err == nil || time.Since(begin) > 12*time.Second {
			t.Error(err)
		}
	})
}

// TestDescription: the issuer's own description says where its keys are, and must be its own.
func TestDescription(t *testing.T) {
	const about = issuer + "/.well-known/openid-configuration"
	tests := []struct {
		about, keys, err string
	}{
		{`{"issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`, string(usualSet()), ""},
		{`{"issuer":"https://evil.example","jwks_uri":"` + keysURL + `"}`, string(usualSet()), `is of the issuer "https://evil.example"`},
		{`{"issuer":"` + issuer + `","jwks_uri":"http://login.contoso.com/keys"}`, string(usualSet()), "https://"},
		{`{"issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`, "", "HTTP status"},
		{`{"issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`, strings.Repeat(" ", 1<<20) + string(usualSet()), "more than 1048576 bytes"},
		{`<html>`, string(usualSet()), "no OpenID configuration"},
		{"", string(usualSet()), "HTTP status"},
	}
	for i, tt := range tests {
		p := new(provider)
		p.set(about, tt.about)
		p.set(keysURL, tt.keys)
		keys, err := jwt.KeysOf(issuer, p.client())
		if err != nil {
			t.Fatal(err)
		}
		err = keys.Refresh(t.Context())
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("row %d: %v; want %q", i, err, tt.err)
		}
		v := verifier(t)
		v.Keys = keys
		_, err = v.Claims(t.Context(), good(t, with("iss", "https://evil.example")))
		if refused := new(auth.TokenError); tt.err == "" && (!errors.As(err, &refused) || refused.Configuration != about) {
			t.Errorf("row %d: %v", i, err)
		}
	}
	for _, bad := range []string{"", "login.contoso.com", "http://login.contoso.com", "https://", "https://ann:tea@login.contoso.com", "https://x/#y", "\x00"} {
		if _, err := jwt.KeysOf(bad, nil); err == nil {
			t.Errorf("KeysOf(%q)", bad)
		}
		if _, err := jwt.KeysAt(bad, nil); err == nil {
			t.Errorf("KeysAt(%q)", bad)
		}
	}
}

// TestRedirectAttack: a provider that sends elsewhere isn't followed, neither for its description nor for its keys, also
// by a client that follows redirects.
func TestRedirectAttack(t *testing.T) {
	const about, elsewhere = issuer + "/.well-known/openid-configuration", "https://evil.example/keys"
	for _, from := range []string{about, keysURL} {
		p := &provider{moved: map[string]string{from: elsewhere}}
		p.set(about, `{"issuer":"`+issuer+`","jwks_uri":"`+keysURL+`"}`)
		p.set(keysURL, string(usualSet()))
		p.set(elsewhere, string(usualSet()))
		client := p.client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
		keys, err := jwt.KeysOf(issuer, client)
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "302") {
			t.Errorf("%s: %v", from, err)
		}
		v := verifier(t)
		v.Keys = keys
		if _, err := v.Claims(t.Context(), good(t)); err == nil || errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s: %v", from, err)
		}
	}
}

// TestKeySets: which keys are usable.
func TestKeySets(t *testing.T) {
	tests := []struct {
		set string
		len int
		err string
	}{
		{string(usualSet()), 3, ""},
		{string(set(public("x", ecKey().Public(), "use", "enc"), public("e", ecKey().Public()))), 1, ""},
		{string(set(public("x", ecKey().Public(), "alg", "ES384"))), 0, `for the algorithm "ES384"`},
		{string(set(public("x", ecKey().Public(), "crv", "P-521"))), 0, `of curve "P-521"`},
		{string(set(public("x", ecKey().Public(), "y", b64(make([]byte, 32))))), 0, "key 1: "},
		{string(set(public("x", ecKey().Public(), "x", "AAAA"))), 0, "broken point"},
		{string(set(public("x", edKey().Public(), "x", "AAAA"))), 0, "broken point"},
		{string(set(public("x", rsaKey().Public(), "e", "AQ"))), 0, "exponent"},
		{string(set(public("x", rsaKey().Public(), "e", "Ag"))), 0, "exponent"},
		{string(set(public("x", rsaKey().Public(), "n", "!"))), 0, "broken number"},
		{string(set(public("x", rsaKey().Public(), "e", "!"))), 0, "broken number"},
		{string(set(public("x", shortRSAKey().Public()))), 0, "a modulus of 1024 bits"},
		{`{"keys":[{"kty":"oct","k":"AAAA","kid":"e"}]}`, 0, `kind "oct"`},
		{`{"keys":[{"kty":"EC","key_ops":["sign"]}]}`, 0, "not for signatures"},
		{`{"keys":[7]}`, 0, "not a JSON Web Key"},
		{`{"keys":[]}`, 0, "no key for RS256"},
		{`{}`, 0, "no JSON Web Key Set"},
		{`[]`, 0, "no JSON Web Key Set"},
		{`{"keys":[` + strings.Repeat("{},", 200) + `{}]}`, 0, "201 keys"},
	}
	for _, tt := range tests {
		keys, err := jwt.ParseKeys([]byte(tt.set))
		switch {
		case tt.err == "" && (err != nil || keys.Len() != tt.len):
			t.Errorf("%.60s: %v", tt.set, err)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%.60s: %v; want %q", tt.set, err, tt.err)
		}
	}
	// Two keys for one algorithm: a token without a key's name can't be checked.
	keys, err := jwt.ParseKeys(set(public("a", ecKey().Public()), public("b", otherEC().Public())))
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t)
	v.Keys = keys
	if _, err := v.Claims(t.Context(), good(t, header("kid", nil))); !errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

// TestLoadKeys: a file is read at once, and its mistakes name it.
func TestLoadKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := jwt.LoadKeys(path); !errors.Is(err, os.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
		t.Error(err)
	}
	for text, ok := range map[string]bool{string(usualSet()): true, "{": false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := jwt.LoadKeys(path); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), path) {
			t.Error(err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add(usualSet())
	f.Add(set(public("x", ecKey().Public(), "y", b64(make([]byte, 32)))))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"","e":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if keys, err := jwt.ParseKeys(data); err == nil && keys.Len() == 0 {
			t.Fatal("a set without keys")
		}
	})
}
