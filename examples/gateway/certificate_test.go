package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
)

// The authorities of partners are read from the file, and errors name it.
func TestClientCA(t *testing.T) {
	cert, err := selfSigned("ca.woodgrovebank.com")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	good, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	for file, content := range map[string][]byte{good: text, empty: []byte("no certificate\n")} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := loadAuthorities(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Errorf("the authority isn't believed: %v", err)
	}
	for _, file := range []string{empty, filepath.Join(dir, "none.pem")} {
		if _, err := loadAuthorities(file); err == nil || !strings.Contains(err.Error(), "-client-ca") || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// The error about a missing certificate names the flags.
func TestNoCertificate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.json")
	const policy = `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
		"Receive": [{"Name": "Proxy", "Bindings": ["127.0.0.1:465"], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "ExchangeUsers"}]}`
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run([]string{"serve", "-config", file}, nil, &out, &out); code != exitNo {
		t.Errorf("exit %d", code)
	}
	want := file + ":2: Receive[\"Proxy\"]: binding 127.0.0.1:465 begins with TLS and needs a certificate (certificate-missing)\n    fix: give -cert and -key, or -acme, or remove"
	if !strings.Contains(out.String(), want) {
		t.Errorf("%s\nlacks %s", out.String(), want)
	}
}

// The error about a port of root's says who may open it, and where the policy names it.
func TestNoPermission(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.json")
	const policy = `{
		"Receive": [{"Name": "Relay", "Bindings": ["127.0.0.1:25", "127.0.0.1:2525"], "RemoteIPRanges": ["127.0.0.1"]}]}`
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := (&policyFlags{files: []string{file}}).load(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(cause error) string {
		return d.advised(source.Diagnostics{source.Wrap(`Receive["Relay"].Bindings`, source.CodeBindingUnavailable, cause)}).Error()
	}
	if got := refused(fmt.Errorf("binding 127.0.0.1:25: %w", syscall.EACCES)); !strings.HasPrefix(got, file+":2: ") || !strings.Contains(got, "fix: let root start the gateway") {
		t.Error(got)
	}
	if got := refused(syscall.EADDRINUSE); strings.Contains(got, "root") {
		t.Error(got)
	}
}

// A connector whose logons need TLS is a note of check and a warning of serve where there is no certificate.
func TestLogonsWithoutCertificate(t *testing.T) {
	for mechanism, proofs := range map[string]string{
		"Tls, BasicAuth, BasicAuthRequireTLS": "a password",
		"Tls, OAuth":                          "a token",
		"Tls, BasicAuth, BasicAuthRequireTLS, OAuth, ClientCertificate": "a password or a token or a certificate",
		"Tls, BasicAuth": "",
		"Tls":            "",
	} {
		file := filepath.Join(t.TempDir(), "policy.json")
		policy := `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
			"Receive": [{"Name": "Apps", "Bindings": ["127.0.0.1:587"], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "ExchangeUsers", "AuthMechanism": "` + mechanism + `"}]}`
		if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		c := &cli{stdout: &out, stderr: &out, now: time.Now}
		c.run([]string{"check", file})
		l, ok := c.policy(&policyFlags{files: []string{file}})
		if !ok {
			t.Fatalf("%s: %s", mechanism, &out)
		}
		want := ": without a certificate STARTTLS is not offered, so no user can log on with " + proofs + ": give -cert and -key, or -acme (certificate-missing)\n"
		if got := strings.Contains(out.String(), "Receive[\"Apps\"].AuthMechanism"+want); got != (proofs != "") {
			t.Errorf("%s: check prints\n%s", mechanism, &out)
		}
		logged := false
		for _, f := range l.check(material{serving: true, now: time.Now()}) {
			logged = logged || f.Code == source.CodeCertificateMissing && f.logged()
		}
		if logged != (proofs != "") {
			t.Errorf("%s: serve logs it: %v", mechanism, logged)
		}
	}
}
