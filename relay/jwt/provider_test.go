package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/jwt"
)

const (
	issuer   = "https://login.contoso.com/tenant"
	audience = "smtp.contoso.com"
)

// The keys of the tests: made once, because RSA takes long.
var (
	rsaKey      = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	ecKey       = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
	edKey       = sync.OnceValue(func() ed25519.PrivateKey { _, k, _ := ed25519.GenerateKey(rand.Reader); return k })
	otherEC     = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
	shortRSAKey = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 1024); return k })
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// public returns the JSON Web Key of a public key.
func public(kid string, key crypto.PublicKey, more ...string) map[string]any {
	j := map[string]any{"kid": kid, "use": "sig"}
	switch key := key.(type) {
	case *rsa.PublicKey:
		j["kty"], j["n"], j["e"] = "RSA", b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PublicKey:
		point, _ := key.Bytes()
		j["kty"], j["crv"], j["x"], j["y"] = "EC", "P-256", b64(point[1:33]), b64(point[33:])
	case ed25519.PublicKey:
		j["kty"], j["crv"], j["x"] = "OKP", "Ed25519", b64(key)
	}
	for i := 0; i+1 < len(more); i += 2 {
		j[more[i]] = more[i+1]
	}
	return j
}

// set returns a JSON Web Key Set.
func set(keys ...map[string]any) []byte {
	text, _ := json.Marshal(map[string]any{"keys": keys})
	return text
}

func usualSet() []byte {
	return set(public("r", rsaKey().Public()), public("e", ecKey().Public()), public("d", edKey().Public()))
}

// change alters the claims and the header of a token before it is signed.
type change func(claims gojwt.MapClaims, header map[string]any)

// with sets a claim; nil removes it.
func with(name string, value any) change {
	return func(c gojwt.MapClaims, _ map[string]any) {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
}

// header sets a field of the header; nil removes it.
func header(name string, value any) change {
	return func(_ gojwt.MapClaims, h map[string]any) {
		if h[name] = value; value == nil {
			delete(h, name)
		}
	}
}

// sign returns a token of ann for an hour.
func sign(t testing.TB, m gojwt.SigningMethod, kid string, key any, changes ...change) auth.Secret {
	t.Helper()
	now := time.Now()
	token := gojwt.NewWithClaims(m, gojwt.MapClaims{
		"iss": issuer, "aud": audience, "sub": "ann@contoso.com", "exp": now.Add(time.Hour).Unix(), "nbf": now.Unix(), "scope": "openid smtp.send",
	})
	token.Header["kid"] = kid
	for _, c := range changes {
		c(token.Claims.(gojwt.MapClaims), token.Header)
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Secret(text)
}

// good is sign with the EC key.
func good(t testing.TB, changes ...change) auth.Secret {
	t.Helper()
	return sign(t, gojwt.SigningMethodES256, "e", ecKey(), changes...)
}

func verifier(t testing.TB) *jwt.Verifier {
	t.Helper()
	keys, err := jwt.ParseKeys(usualSet())
	if err != nil {
		t.Fatal(err)
	}
	return &jwt.Verifier{Keys: keys, Issuer: issuer, Audiences: []string{"other.example", audience}}
}

// provider answers requests in memory: the text of each URL, or a failure.
type provider struct {
	mu    sync.Mutex
	texts map[string]string
	moved map[string]string // where an address redirects to
	asked int
	delay time.Duration
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.asked++
	text, ok := p.texts[r.URL.String()]
	delay := p.delay
	p.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	status, header := http.StatusOK, http.Header{}
	if to := p.moved[r.URL.String()]; to != "" {
		status = http.StatusFound
		header.Set("Location", to)
	} else if !ok {
		status = http.StatusBadGateway
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

func (p *provider) set(address, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.texts == nil {
		p.texts = make(map[string]string)
	}
	if p.texts[address] = text; text == "" {
		delete(p.texts, address)
	}
}

func (p *provider) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *provider) client() *http.Client { return &http.Client{Transport: p} }
