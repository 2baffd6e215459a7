package relay_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// TestTLSFloor: one connector speaks TLS 1.0 to its clients until the end date, and another
// one on the same port doesn't.
func TestTLSFloor(t *testing.T) {
	r := fromAnonymousGateway()
	r.TlsMinimumVersion = param.Tls10
	printer := func() *tls.Config {
		return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}
	}
	w := serve(t, policy(t, defaultHub(), r), nil)
	w.hello(gateway, hub).StartTLS(printer())
	c := w.hello(stranger, hub)
	c.Do("STARTTLS", 220)
	if tls.Client(c.Conn, printer()).Handshake() == nil {
		t.Error("the other connector speaks TLS 1.0")
	}
	w.waitFor("the client speaks TLS 1.0 only; TLS 1.2 or later is required (TlsMinimumVersion)")

	yesterday := time.Now().AddDate(0, 0, -1).UTC().Format("2006-01-02")
	r.TlsLegacyEndDate = param.MustParseDate(yesterday)
	if err := w.server.SetPolicy(policy(t, defaultHub(), r)); err != nil {
		t.Fatal(err)
	}
	c = w.hello(gateway, hub)
	c.Do("STARTTLS", 220)
	if tls.Client(c.Conn, printer()).Handshake() == nil {
		t.Error("TLS 1.0 is spoken after TlsLegacyEndDate")
	}
	w.waitFor("because TlsLegacyEndDate has passed")
}

// TestCipherSuites: the table of a connector's cipher suites has those that crypto/tls can
// speak, and knows which of them every connector has.
func TestCipherSuites(t *testing.T) {
	usual := map[uint16]bool{}
	for _, id := range (mailtls.Floor{}).Config().CipherSuites {
		usual[id] = true
	}
	for _, s := range param.CipherSuites() {
		if tls.CipherSuiteName(uint16(s)) != s.String() || s.Legacy() == usual[uint16(s)] {
			t.Errorf("%v is %s, legacy: %t, usual: %t", s, tls.CipherSuiteName(uint16(s)), s.Legacy(), usual[uint16(s)])
		}
	}
}
