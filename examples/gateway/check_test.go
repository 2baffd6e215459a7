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

// TestCheckCertificate looks at a certificate whose name is right or wrong, and whose
// time is up soon.
func TestCheckCertificate(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for _, tt := range []struct {
		name  string
		later time.Duration
		code  int
		want  string
	}{
		{"huba.fabrikam.com", 0, exitOK, "4 notes"},
		{"mail.fabrikam.com", 0, exitNo, "(certificate-fqdn)"},
		{"huba.fabrikam.com", 25 * 24 * time.Hour, exitNo, "warning: " + certFile + ": the certificate for huba.fabrikam.com expires on "},
		{"huba.fabrikam.com", 40 * 24 * time.Hour, exitNo, "error: " + certFile + ": "},
	} {
		cert, err := selfSigned(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
			if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var stdout, stderr bytes.Buffer
		c := &cli{stdout: &stdout, stderr: &stderr, now: func() time.Time { return time.Now().Add(tt.later) }}
		code := c.run([]string{"check", "-config", "testdata/relay.json", "-cert", certFile, "-key", keyFile})
		if code != tt.code || !strings.Contains(stdout.String(), tt.want) {
			t.Errorf("%s, %v later: exit %d, want %d with %q\n%s%s", tt.name, tt.later, code, tt.code, tt.want, &stdout, &stderr)
		}
	}
}
