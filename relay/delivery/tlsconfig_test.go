package delivery_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// weaken does to a configuration what must have no effect where a connector requires TLS
// or a certificate. trust are authorities that the Sender doesn't trust.
func weaken(c *tls.Config, trust *x509.CertPool) {
	c.MinVersion, c.InsecureSkipVerify, c.RootCAs, c.ServerName = tls.VersionTLS10, true, trust, "gw.evil.example"
	c.VerifyConnection, c.VerifyPeerCertificate = func(tls.ConnectionState) error { return nil }, nil
	for i := range c.CipherSuites { // the Sender's own lists don't change
		c.CipherSuites[i] = tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA
	}
}

// TestTLSConfigVersions: where TLS is required, a program can't allow what is broken.
func TestTLSConfigVersions(t *testing.T) {
	trusted, _ := authority(t)
	cert := issued(t, trusted, "192.0.2.1")
	require := toHosts("192.0.2.1")
	require.RequireTLS = true
	tune := map[string]func(c *tls.Config){
		"TLS 1.1": func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		"TLS 1.2": func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 },
		"Triple DES": func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
		},
	}
	for _, tc := range []struct {
		change func(*connector.Outbound, *tls.Config)
		spoken string
	}{
		{nil, "TLS 1.2"},
		{func(_ *connector.Outbound, c *tls.Config) { c.MinVersion = tls.VersionTLS10 }, "TLS 1.2"},
		{func(_ *connector.Outbound, c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, ""},
		{func(_ *connector.Outbound, c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }, ""},
		{func(_ *connector.Outbound, c *tls.Config) {
			c.CipherSuites = append(c.CipherSuites, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA)
		}, "TLS 1.2"},
	} {
		for name, tune := range tune {
			w := newWorld(t, require)
			w.sender.TLSConfig = tc.change
			w.sink("192.0.2.1:25", &relaytest.Sink{Certificate: &cert, TuneTLS: tune})
			want := "451 4.7."
			if tc.spoken == name {
				want = "ok"
			}
			expect(t, name, w.send("b@fabrikam.com"), want)
		}
	}
}

// TestTLSConfigRefuses: what a program checks besides counts, and a next hop that doesn't
// pass never gets the message in the clear.
func TestTLSConfigRefuses(t *testing.T) {
	trusted, stranger := authority(t)
	cert, unknown := issued(t, trusted, "gw.fabrikam.com"), issued(t, stranger, "gw.fabrikam.com")
	pinned := errors.New("the key is not the one that was pinned")
	for _, tc := range []struct {
		name   string
		change func(*tls.Config)
		sink   *relaytest.Sink
		want   string
	}{
		{"VerifyConnection", func(c *tls.Config) { c.VerifyConnection = func(tls.ConnectionState) error { return pinned } }, &relaytest.Sink{Certificate: &cert}, "451 4.7.5"},
		{"VerifyPeerCertificate", func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return pinned }
		}, &relaytest.Sink{Certificate: &cert}, "451 4.7.5"},
		{"GetClientCertificate", func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return nil, pinned }
		}, &relaytest.Sink{Certificate: &cert, ClientCAs: trusted.Pool()}, "451 4.7.5"},
		{"verification", func(c *tls.Config) { c.InsecureSkipVerify = false }, &relaytest.Sink{Certificate: &unknown}, "451 4.7.5"},
		{"verification passes", func(c *tls.Config) { c.InsecureSkipVerify = false }, &relaytest.Sink{Certificate: &cert}, "ok"},
		{"verification where there is no TLS", func(c *tls.Config) { c.InsecureSkipVerify = false }, &relaytest.Sink{}, "ok"},
	} {
		w := newWorld(t, toHosts("gw.fabrikam.com"))
		w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
		w.sender.RootCAs = trusted.Pool()
		w.sender.TLSConfig = func(out *connector.Outbound, c *tls.Config) {
			if out.Name() != "out" || c.ServerName != "gw.fabrikam.com" {
				t.Errorf("%s: called for %s to %s", tc.name, out.Name(), c.ServerName)
			}
			tc.change(c)
		}
		w.sink("192.0.2.1:25", tc.sink)
		expect(t, tc.name, w.send("b@fabrikam.com"), tc.want)
		if n := tc.sink.Connections(); n != 1 {
			t.Errorf("%s: %d calls", tc.name, n)
		}
	}
}

// TestTLSConfigAgainstOldHost: a check that a program turns on holds for the short
// ClientHello, which has no name otherwise.
func TestTLSConfigAgainstOldHost(t *testing.T) {
	trusted, _ := authority(t)
	cert := issued(t, trusted, "gw.fabrikam.com")
	w := newWorld(t, toHosts("gw.fabrikam.com"))
	w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
	w.sender.RootCAs = trusted.Pool()
	w.sender.TLSConfig = func(_ *connector.Outbound, c *tls.Config) { c.InsecureSkipVerify = false }
	calls := 0
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Certificate: &cert, TuneTLS: func(c *tls.Config) {
		if calls++; calls == 1 {
			c.CipherSuites, c.MaxVersion = []uint16{}, tls.VersionTLS12 // fails
		}
	}})
	expect(t, "second call", w.send("b@fabrikam.com"), "ok")
	if m := sink.Messages(); calls != 2 || len(m) != 1 || !m[0].TLS {
		t.Errorf("%d handshakes, arrived: %+v", calls, m)
	}
}

// TestTLSConfigShows: a program may show a certificate of its own, but isn't asked about
// other servers of the organisation.
func TestTLSConfigShows(t *testing.T) {
	trusted, _ := authority(t)
	own, server := issued(t, trusted, "hub.contoso.com"), issued(t, trusted, "192.0.2.1")
	w := newWorld(t, toHosts("192.0.2.1"))
	w.sender.TLSConfig = func(_ *connector.Outbound, c *tls.Config) {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	}
	shown := make(chan string, 1)
	l := w.listen("192.0.2.1:25")
	go watchCertificates(l, server, shown)
	w.send("b@fabrikam.com")
	l.Close()
	if issuer := <-shown; issuer != "trusted" {
		t.Errorf("a certificate of %q is shown", issuer)
	}

	far := toHosts("192.0.2.9")
	far.SourceTransportServers = []string{"far"}
	w = newWorld(t, far)
	w.dns.AddHost("far.contoso.com", addr("10.2.3.5"))
	w.sender.TLSConfig = func(*connector.Outbound, *tls.Config) { t.Error("asked about another server") }
	w.sink("10.2.3.5:25", &relaytest.Sink{Certificate: &server})
	expect(t, "another server", w.send("b@fabrikam.com"), "ok")
}

// TestSetRootCAs: once an authority isn't trusted any more, a connection that it vouched
// for isn't used again.
func TestSetRootCAs(t *testing.T) {
	trusted, stranger := authority(t)
	cert := issued(t, trusted, "gw.fabrikam.com")
	w := newWorld(t, level(param.CertificateValidation, ""))
	w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
	w.sender.RootCAs = trusted.Pool()
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Certificate: &cert})
	for range 2 {
		expect(t, "trusted", w.send("b@fabrikam.com"), "ok")
	}
	if n := sink.Connections(); n != 1 {
		t.Errorf("%d connections for two messages", n)
	}
	w.sender.SetRootCAs(stranger.Pool())
	expect(t, "not trusted any more", w.send("b@fabrikam.com"), "451 4.7.5")
	w.sender.SetRootCAs(trusted.Pool())
	expect(t, "trusted again", w.send("b@fabrikam.com"), "ok")
}
