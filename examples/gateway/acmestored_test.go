package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCheckACME: check knows the certificates that serve gets by ACME: those that it has already, and that
// it gets the others.
func TestCheckACME(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.json")
	for name, text := range map[string]string{
		policy: `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}], "Accepted": [{"Name": "F", "DomainName": "fabrikam.com"}],
			"Receive": [{"Name": "In", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers", "RequireTLS": true}],
			"Send": [{"Name": "Out", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}]}`,
		filepath.Join(dir, "other"): "not a certificate",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := func(name string, mode os.FileMode) string {
		cert, err := selfSigned(name)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})...)
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	run := func(later time.Duration, args ...string) (int, string) {
		var stdout, stderr bytes.Buffer
		c := &cli{stdout: &stdout, stderr: &stderr, now: func() time.Time { return time.Now().Add(later) }}
		code := c.run(append([]string{"check", "-config", policy}, args...))
		return code, stdout.String() + stderr.String()
	}
	const day = 24 * time.Hour
	if code, text := run(0); !strings.Contains(text, "serve can't start without a certificate: give -cert and -key, or -acme") {
		t.Errorf("without -acme: exit %d\n%s", code, text)
	}
	if code, text := run(0, "-acme", filepath.Join(dir, "absent")); code != exitOK || !strings.HasPrefix(text, "0 findings\n") {
		t.Errorf("before the first certificate: exit %d\n%s", code, text)
	}
	store("mail.gone.example", 0o600) // of a connector that is gone
	if code, text := run(40*day, "-acme", dir); code != exitOK || !strings.HasPrefix(text, "0 findings\n") {
		t.Errorf("without a certificate of the connector: exit %d\n%s", code, text)
	}
	file := store("huba.fabrikam.com", 0o604)
	for later, want := range map[time.Duration]string{
		0:        "warning: " + file + ": every user of this machine may read the private key",
		25 * day: "warning: " + file + ": the certificate for huba.fabrikam.com expires on ",
		40 * day: "error: " + file + ": the certificate for huba.fabrikam.com expired on ",
	} {
		if code, text := run(later, "-acme", dir); code != exitNo || !strings.Contains(text, want) {
			t.Errorf("%v later: exit %d, want %q\n%s", later, code, want, text)
		}
	}
	if code, text := run(0, "-acme", policy); code != exitInvalid || !strings.Contains(text, "-acme "+policy) {
		t.Errorf("-acme with a file: exit %d\n%s", code, text)
	}
}
