package oauth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// assertionLife is how long an assertion is valid. Google allows an hour.
const assertionLife = 10 * time.Minute

// maxPEM bounds the file of a certificate and that of its key, in bytes.
const maxPEM = 1 << 20

// loadCertificate reads the application's certificate and its key.
func loadCertificate(c *Config) (tls.Certificate, error) {
	chain, err := readlimit.File(c.Certificate, maxPEM)
	if err != nil {
		return tls.Certificate{}, source.FileError(c.Certificate, err)
	}
	keyFile := cmp.Or(c.CertificateKey, c.Certificate)
	key, err := readlimit.File(keyFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, source.FileError(keyFile, err)
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: it has no certificate whose key is in %s (%s)", c.Certificate, keyFile, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return cert, nil
}

// clientAssertion signs an assertion of the application's id (RFC 7523, section 3). Entra finds
// the certificate by x5t#S256 and prefers PS256; other token servers know RS256.
func (e *endpoint) clientAssertion() (string, error) {
	cert, err := loadCertificate(e.config)
	if err != nil {
		return "", err
	}
	var method jwt.SigningMethod = jwt.SigningMethodES256
	if _, ok := cert.PrivateKey.(*rsa.PrivateKey); ok {
		method = jwt.SigningMethodRS256
		if e.config.Provider.provider().tenants {
			method = jwt.SigningMethodPS256
		}
	}
	sum := sha256.Sum256(cert.Certificate[0])
	thumbprint := base64.RawURLEncoding.EncodeToString(sum[:])
	text, err := sign(method, cert.PrivateKey, map[string]any{"x5t#S256": thumbprint, "kid": thumbprint},
		jwt.MapClaims{"iss": e.config.ClientID, "sub": e.config.ClientID, "aud": e.url, "jti": rand.Text()})
	if err != nil {
		return "", fmt.Errorf("%s: can't sign with its key: %w", e.config.Certificate, err)
	}
	return text, nil
}

// sign returns a JWT with the claims, valid from now.
func sign(method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) (string, error) {
	now := time.Now()
	claims["iat"], claims["nbf"], claims["exp"] = now.Unix(), now.Unix(), now.Add(assertionLife).Unix()
	t := jwt.NewWithClaims(method, claims)
	maps.Copy(t.Header, header)
	return t.SignedString(key)
}

// minKey is the length in bits of an RSA key below which package crypto/rsa doesn't sign.
const minKey = 1024

// serviceAccount is a key file of Google.
type serviceAccount struct {
	Type     string `json:"type"`
	Email    string `json:"client_email"`
	Key      string `json:"private_key"`
	KeyID    string `json:"private_key_id"`
	TokenURI string `json:"token_uri"`

	key *rsa.PrivateKey
}

// readServiceAccount reads a key file.
func readServiceAccount(s Secret) (*serviceAccount, error) {
	text, err := s.Read()
	if err != nil {
		return nil, err
	}
	a := &serviceAccount{}
	if err := json.Unmarshal([]byte(text.Reveal()), a); err != nil || a.Type != "service_account" || a.Email == "" {
		return nil, fmt.Errorf("%s: this isn't the JSON key file of a service account", s)
	}
	if a.key, err = jwt.ParseRSAPrivateKeyFromPEM([]byte(a.Key)); err != nil {
		return nil, fmt.Errorf("%s: the private key in it can't be read", s)
	}
	if n := a.key.N.BitLen(); n < minKey {
		return nil, fmt.Errorf("%s: the private key in it has %d bits, and with less than %d nothing is signed", s, n, minKey)
	}
	if a.TokenURI != "" && !safeURL(a.TokenURI) {
		return nil, fmt.Errorf("%s: token_uri is not an address that begins with https://", s)
	}
	return a, nil
}

// serviceGrant is the grant ServiceAccount: an assertion of the service account that it acts
// for a mailbox (RFC 7523, section 2.1).
type serviceGrant struct {
	*endpoint
	user string
}

func (g serviceGrant) fetch(ctx context.Context) (*token, error) {
	a, err := readServiceAccount(g.config.ServiceAccount)
	if err != nil {
		return nil, unreadable(err)
	}
	e := *g.endpoint
	e.url = cmp.Or(g.config.TokenURL, a.TokenURI, g.url)
	assertion, err := sign(jwt.SigningMethodRS256, a.key, map[string]any{"kid": a.KeyID}, jwt.MapClaims{
		"iss": a.Email, "sub": cmp.Or(g.config.Subject, g.user), "aud": e.url, "scope": strings.Join(e.scopes, " "),
	})
	if err != nil {
		return nil, unreadable(fmt.Errorf("%s: can't sign with the key in it: %w", g.config.ServiceAccount, err))
	}
	e.scopes = nil // the assertion has them
	got, err := e.request(ctx, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}})
	if refused := (*Error)(nil); errors.As(err, &refused) && refused.Cause == CauseLogonNeeded { // no person can log on for it
		refused.Cause, refused.Detail, refused.Cure = CauseApplication, "the token server doesn't accept the service account or its mailbox", "correct ServiceAccount and Subject"
	}
	if err != nil {
		return nil, err
	}
	return accept(got.AccessToken, got.TokenType, got.Expiry)
}
