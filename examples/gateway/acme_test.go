package main

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// TestServeACME: a gateway gets the certificate of its connector from an authority, shows it to
// clients that name any host, and falls back on that of -cert if the authority has none. It orders a certificate of six
// days as often as a long one.
func TestServeACME(t *testing.T) {
	const day = 24 * time.Hour
	site := newSite(t)
	policy, err := os.ReadFile(site.file("policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("policy.json", []byte(strings.Replace(string(policy), `"Name": "Relay",`, `"Name": "Relay", "Fqdn": "mail.fabrikam.com", "RequireTLS": true,`, 1)))
	challenges := exampletest.Free(t)
	authority := exampletest.NewAuthority(t, challenges)
	authority.Lifetime = 6 * day
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	metrics := exampletest.Free(t)
	serve := func(more ...string) *serving {
		return startServing(t, append([]string{"-config", site.file("policy.json"), "-metrics", metrics, "-acme", site.file("acme"), "-acme-http", challenges,
			"-connect-to", "mailbox.fabrikam.com:25:127.0.0.1:9"}, more...)...)
	}
	shows := func(roots *x509.CertPool, name, want string) (expires time.Time) {
		t.Helper()
		c := site.session(site.binding)
		c.StartTLS(&tls.Config{ServerName: name, InsecureSkipVerify: true, VerifyConnection: func(cs tls.ConnectionState) error {
			expires = cs.PeerCertificates[0].NotAfter
			_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: want})
			return err
		}})
		c.Do("QUIT", 221)
		return expires
	}
	for range 2 { // the second one has the certificate in the directory
		s := serve("-acme-directory", authority.URL+"/directory")
		if strings.Contains(s.said, "STARTTLS is not offered") {
			t.Errorf("it says %s", s.said)
		}
		for _, name := range []string{"mail.fabrikam.com", "mx.contoso.com", ""} {
			expires := shows(roots, name, "mail.fabrikam.com")
			for deadline := time.Now().Add(10 * time.Second); !strings.Contains(scrape(t, metrics), expiryOf("Relay", expires)); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the metrics don't have the certificate that expires on %v: %s", expires, scrape(t, metrics))
				}
			}
		}
		s.daily <- time.Now()
		s.end(t)
		if strings.Contains(s.stderr.String(), "wasn't renewed") {
			t.Errorf("a good certificate is reported: %s", s.stderr)
		}
	}
	if orders, _ := authority.Counts(); orders == 0 || orders > 2 {
		t.Errorf("%d orders", orders)
	}
	if err := os.RemoveAll(site.file("acme")); err != nil {
		t.Fatal(err)
	}
	refusing := refusingAuthority(t)
	s := serve("-acme-directory", refusing, "-cert", site.file("cert"), "-key", site.file("key"))
	s.stderr.wait(t, `level=ERROR msg="no certificate by ACME" host=mail.fabrikam.com error="403 urn:ietf:params:acme:error:unauthorized: the account is closed"`, 1)
	shows(site.ca.Pool(), "mail.fabrikam.com", "first.fabrikam.com")
	s.end(t)

	for _, lifetime := range []time.Duration{90 * day, 6 * day} {
		ends := site.storeACME("mail.fabrikam.com", lifetime, lifetime/5)
		s = serve("-acme-directory", refusing)
		s.stderr.wait(t, `level=WARN msg="a certificate by ACME wasn't renewed" host=mail.fabrikam.com until=`+ends.UTC().Format(time.RFC3339)+"\n", 1)
		s.end(t)
	}
}

// refusingAuthority starts an authority that refuses everything, and returns its address.
func refusingAuthority(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"type": "urn:ietf:params:acme:error:unauthorized", "detail": "the account is closed"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// storeACME puts a certificate, of whose lifetime a part is left, into the directory of -acme, and returns when it ends.
func (s *site) storeACME(host string, lifetime, left time.Duration) time.Time {
	s.t.Helper()
	cert, err := selfSigned(host)
	if err != nil {
		s.t.Fatal(err)
	}
	short := *cert.Leaf
	short.NotAfter = time.Now().Add(left)
	short.NotBefore = short.NotAfter.Add(-lifetime)
	key := cert.PrivateKey.(crypto.Signer)
	if cert.Certificate[0], err = x509.CreateCertificate(rand.Reader, &short, &short, key.Public(), key); err != nil {
		s.t.Fatal(err)
	}
	certificate, keyText := pemOf(s.t, cert)
	s.write(filepath.Join("acme", host), append(keyText, certificate...))
	return short.NotAfter
}
