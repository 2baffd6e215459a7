//go:build linux

package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// authority is the certification authority that both organisations trust,
// with its certificates in files.
type authority struct {
	*relaytest.Authority
	dir   string
	roots string // the file with its own certificate
}

// newAuthority makes an authority with its files in a new directory.
func newAuthority(t *testing.T) *authority {
	t.Helper()
	ca, err := relaytest.NewAuthority("Test Authority")
	if err != nil {
		t.Fatal(err)
	}
	dir := publicDir(t)
	a := &authority{ca, dir, filepath.Join(dir, "roots.pem")}
	leaf, err := ca.Issue("wrong.invalid")
	if err != nil {
		t.Fatal(err)
	}
	chains, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.roots, "CERTIFICATE", chains[0][len(chains[0])-1].Raw)
	return a
}

// issue makes a certificate for a host, and more names, and returns its files.
func (a *authority) issue(t *testing.T, name string, more ...string) (certFile, keyFile string) {
	t.Helper()
	cert, err := a.Issue(append([]string{name}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	writePEM(t, certFile, "CERTIFICATE", cert.Certificate[0])
	writePEM(t, keyFile, "PRIVATE KEY", key)
	return certFile, keyFile
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
