package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// TestACME gets a certificate from an authority, and shows it to clients that name the
// host, another host or none. A second run has it in the cache.
func TestACME(t *testing.T) {
	mail, challenges := exampletest.Free(t), exampletest.Free(t)
	a := exampletest.NewAuthority(t, challenges)
	dir := filepath.Join(t.TempDir(), "data")
	policy := filepath.Join(t.TempDir(), "policy.json")
	document := fmt.Sprintf(`{"Receive": [{"Name": "In", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"],
		"Fqdn": "mail.fabrikam.com", "AuthMechanism": "Tls", "RequireTLS": true}]}`, mail)
	if err := os.WriteFile(policy, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate)
	for range 2 {
		t.Run("", func(t *testing.T) {
			exampletest.Start(t, mail, func(ctx context.Context) error {
				return run(ctx, []string{"-data", dir, "-http", challenges, "-directory", a.URL + "/directory", policy})
			})
			for _, name := range []string{"mail.fabrikam.com", "mx.contoso.com", ""} {
				c, err := smtp.Dial(mail)
				if err != nil {
					t.Fatal(err)
				}
				// The name that is sent isn't the one that is verified.
				err = c.StartTLS(&tls.Config{ServerName: name, InsecureSkipVerify: true, VerifyConnection: func(cs tls.ConnectionState) error {
					_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: "mail.fabrikam.com"})
					return err
				}})
				if err != nil {
					t.Errorf("a client that names %q: %v", name, err)
				}
				c.Close()
			}
			openssl(t, mail, a)
		})
	}
	if orders, rejected := a.Counts(); orders != 2 || rejected != 1 { // tls-alpn-01 was tried first
		t.Errorf("%d orders, %d challenges rejected", orders, rejected)
	}
}

// openssl has another implementation of TLS check the certificate.
func openssl(t *testing.T, mail string, a *exampletest.Authority) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Log("openssl isn't installed")
		return
	}
	trusted := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", "s_client", "-starttls", "smtp", "-connect", mail, "-noservername",
		"-verify_hostname", "mail.fabrikam.com", "-verify_return_error", "-CAfile", trusted)
	cmd.Stdin = strings.NewReader("QUIT\r\n")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Verify return code: 0 (ok)") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestArguments: what is missing is said at once.
func TestArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"-data", t.TempDir()}, {"policy.json"}} {
		if err := run(t.Context(), args); err == nil || !strings.Contains(err.Error(), "-data DIR") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
