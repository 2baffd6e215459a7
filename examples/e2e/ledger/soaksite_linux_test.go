package ledger

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// soakUser is the name of the only user, and the password.
const soakUser = "postbox"

// site has the files of the gateway beside its policy, and where it shows metrics.
type site struct {
	roots            *x509.CertPool
	cert, key, users string
	metrics          string
}

// newSite writes the files to a directory.
func newSite(t *testing.T, dir string) *site {
	t.Helper()
	authority, err := relaytest.NewAuthority("ledger")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		roots: authority.Pool(), metrics: exampletest.Free(t),
		cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), users: filepath.Join(dir, "users"),
	}
	pair, err := authority.Issue("huba.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{s.cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, s.key: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	add := exec.Command(build(t, ""), "user", "add", "-file", s.users, soakUser, "-address", "@"+senders)
	add.Stdin = strings.NewReader(soakUser + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("user add: %v: %s", err, out)
	}
	return s
}

// args are the flags of the files.
func (s *site) args() []string {
	return []string{"-cert", s.cert, "-key", s.key, "-users", s.users, "-metrics", s.metrics}
}
