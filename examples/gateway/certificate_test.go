package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	const want = "Receive[\"Proxy\"]: binding 127.0.0.1:465 begins with TLS and needs a certificate (certificate-missing)\n    fix: give -cert and -key, or -acme, or remove"
	if !strings.Contains(out.String(), want) {
		t.Errorf("%s\nlacks %s", out.String(), want)
	}
}
