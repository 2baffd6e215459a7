//go:build linux

package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
)

// rsaCertificate makes a self-signed certificate with an RSA key, as old devices need it.
func rsaCertificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestPrinters has OpenSSL log on and send mail as printers of 2008 do, from an address whose
// connector allows that and from one whose connector doesn't.
func TestPrinters(t *testing.T) {
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs openssl; set INTERCHANGE_E2E=1 to run it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := loopbackPolicy(t, l.Addr()).Config()
	config.Receive[1].TlsMinimumVersion = param.Tls10
	config.Receive[1].TlsLegacyCipherSuites = []param.CipherSuite{param.MustParseCipherSuite("TLS_RSA_WITH_AES_128_CBC_SHA256")}
	policy, err := connector.Compile(config)
	if err != nil {
		t.Fatal(err)
	}
	box := inbox{make(chan string, 10)}
	server := &relay.Server{Policy: policy, Handler: &gosmtp.Handler{Backend: box}, Verifier: loopbackUsers, Certificates: []tls.Certificate{rsaCertificate(t, "hub.fabrikam.com")}}
	go server.Serve(l)
	defer server.Close()
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + loopbackUser + "\x00" + gatewayPassword))
	input := strings.Join([]string{"EHLO printer", "AUTH PLAIN " + plain, "MAIL FROM:<" + loopbackUser + ">", "rcpt to:<b@example.org>", "DATA",
		"From: <" + loopbackUser + ">", "Subject: scan", "", "page 1", ".", "QUIT", ""}, "\n")
	printer := func(from, version, suite string) dialog {
		t.Helper()
		return runPeer(t, input, "openssl", "s_client", "-starttls", "smtp", "-bind", from, "-connect", l.Addr().String(), "-crlf", "-ign_eof", "-brief",
			version, "-cipher", suite+"@SECLEVEL=0")
	}
	for _, device := range []struct{ version, suite, protocol string }{
		{"-tls1", "AES128-SHA", "TLSv1"},
		{"-tls1", "ECDHE-RSA-AES256-SHA", "TLSv1"},
		{"-tls1_1", "AES256-SHA", "TLSv1.1"},
		{"-tls1_2", "AES128-SHA256", "TLSv1.2"},
	} {
		d := printer(loopbackApp, device.version, device.suite)
		if d.exit != 0 || !strings.Contains(d.text, "Protocol version: "+device.protocol+"\n") || !strings.Contains(d.text, "Ciphersuite: "+device.suite+"\n") {
			t.Fatalf("%v: %d\n%s", device, d.exit, d.text)
		}
		select {
		case text := <-box.messages:
			if !strings.Contains(text, "with ESMTPSA") {
				t.Errorf("%v: %s", device, text)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%v: no message: %s", device, d.text)
		}
		if d := printer(loopbackStranger, device.version, device.suite); d.exit == 0 || len(box.messages) > 0 {
			t.Errorf("%v: another connector serves it: %s", device, d.text)
		}
	}
}
