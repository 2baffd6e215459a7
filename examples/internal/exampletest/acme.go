package exampletest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Authority is an ACME server (RFC 8555) for one client and one order at a time. It
// doesn't check signatures of requests; it does check challenges.
type Authority struct {
	*httptest.Server
	challenges  string // the address at which hosts answer http-01, in place of their port 80
	Certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	Lifetime    time.Duration // of certificates; set it before the first order

	mu       sync.Mutex
	client   string // the thumbprint of its key
	host     string // of the order
	status   string // of the order's authorization
	issued   []byte // the chain, in PEM
	orders   int
	rejected int // challenges
}

// NewAuthority starts an authority that calls every host at the address challenges, in place of
// its port 80.
func NewAuthority(t *testing.T, challenges string) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &Authority{challenges: challenges, key: key, Lifetime: 90 * 24 * time.Hour}
	a.Certificate = &x509.Certificate{Subject: pkix.Name{CommonName: "Test Authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	if a.Certificate, err = a.sign(a.Certificate, key.Public()); err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// Counts returns how many orders came, and how many challenges were not answered well.
func (a *Authority) Counts() (orders, rejected int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.orders, a.rejected
}

// sign makes a certificate that is valid now.
func (a *Authority) sign(template *x509.Certificate, key crypto.PublicKey) (*x509.Certificate, error) {
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(a.Lifetime)
	der, err := x509.CreateCertificate(rand.Reader, template, a.Certificate, key, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// ServeHTTP implements http.Handler.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Replay-Nonce", rand.Text())
	body, err := a.payload(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/nonce":
	case "/directory":
		a.reply(w, http.StatusOK, map[string]any{"newNonce": a.URL + "/nonce", "newAccount": a.URL + "/account", "newOrder": a.URL + "/new-order"})
	case "/account":
		w.Header().Set("Location", a.URL+"/account/1")
		a.reply(w, http.StatusCreated, map[string]any{"status": "valid"})
	case "/new-order":
		a.orders++
		a.host, a.status, a.issued = body.Identifiers[0].Value, "pending", nil
		w.Header().Set("Location", a.URL+"/order")
		a.reply(w, http.StatusCreated, a.order())
	case "/order":
		a.reply(w, http.StatusOK, a.order())
	case "/authorization":
		a.reply(w, http.StatusOK, map[string]any{"status": a.status, "identifier": identifier{"dns", a.host},
			"challenges": []any{a.challenge("tls-alpn-01"), a.challenge("http-01")}})
	case "/tls-alpn-01", "/http-01":
		a.status = "invalid" // the hosts have no port 443
		if r.URL.Path == "/http-01" && a.answers() {
			a.status = "valid"
		} else {
			a.rejected++
		}
		a.reply(w, http.StatusOK, a.challenge(r.URL.Path[1:]))
	case "/finalize":
		if err := a.issue(body.CSR); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		w.Header().Set("Location", a.URL+"/order")
		a.reply(w, http.StatusOK, a.order())
	case "/certificate":
		w.Write(a.issued)
	default:
		http.NotFound(w, r)
	}
}

// identifier is a host.
type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// payload has the fields of all requests of a client.
type payload struct {
	Identifiers []identifier `json:"identifiers"`
	CSR         string       `json:"csr"`
}

// payload decodes a request, and keeps the client's key if it has one.
func (a *Authority) payload(r *http.Request) (p payload, err error) {
	if r.Method != http.MethodPost {
		return p, nil
	}
	var signed struct{ Protected, Payload string }
	if err := json.NewDecoder(r.Body).Decode(&signed); err != nil {
		return p, err
	}
	var protected struct {
		JWK *struct{ Crv, Kty, X, Y string }
	}
	if err := decode(signed.Protected, &protected); err != nil {
		return p, err
	}
	if k := protected.JWK; k != nil { // RFC 7638
		sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q,"y":%q}`, k.Crv, k.Kty, k.X, k.Y))
		a.client = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if signed.Payload == "" {
		return p, nil
	}
	return p, decode(signed.Payload, &p)
}

// decode decodes JSON in base64.
func decode(text string, v any) error {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// reply answers with JSON.
func (a *Authority) reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v)
}

// order is the order as the client sees it.
func (a *Authority) order() map[string]any {
	o := map[string]any{"status": a.status, "identifiers": []identifier{{"dns", a.host}},
		"authorizations": []string{a.URL + "/authorization"}, "finalize": a.URL + "/finalize"}
	switch {
	case a.issued != nil:
		o["certificate"] = a.URL + "/certificate"
	case a.status == "valid":
		o["status"] = "ready"
	}
	return o
}

// challenge is a challenge as the client sees it.
func (a *Authority) challenge(kind string) map[string]any {
	return map[string]any{"type": kind, "url": a.URL + "/" + kind, "token": "token-of-" + kind, "status": a.status}
}

// answers reports whether the host answers the challenge http-01 for the client.
func (a *Authority) answers() bool {
	r, err := http.NewRequest(http.MethodGet, "http://"+a.challenges+"/.well-known/acme-challenge/token-of-http-01", nil)
	if err != nil {
		return false
	}
	r.Host = a.host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return err == nil && strings.TrimSpace(string(text)) == "token-of-http-01."+a.client
}

// issue issues the certificate of the order.
func (a *Authority) issue(request string) error {
	der, err := base64.RawURLEncoding.DecodeString(request)
	if err != nil {
		return err
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	if a.status != "valid" || len(csr.DNSNames) != 1 || csr.DNSNames[0] != a.host {
		return fmt.Errorf("%q is not authorized: %s is %s", csr.DNSNames, a.host, a.status)
	}
	leaf, err := a.sign(&x509.Certificate{DNSNames: csr.DNSNames, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, csr.PublicKey)
	if err != nil {
		return err
	}
	a.issued = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	return nil
}
