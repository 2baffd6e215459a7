package relay_test

import (
	"bytes"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// weaken does to a configuration what must have no effect.
func weaken(c *tls.Config) {
	c.MinVersion = tls.VersionTLS10
	c.CipherSuites = append(c.CipherSuites, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA)
}

// TestTLSConfig: a program has the last word on a connector's TLS, except on what would
// make it weaker than mail requires.
func TestTLSConfig(t *testing.T) {
	var keys bytes.Buffer
	calls := make(map[string]int)
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway()), func(s *relay.Server) {
		s.TLSConfig = func(in *connector.Inbound, c *tls.Config) {
			calls[in.Name()]++
			if in.Name() == "Default HubA" {
				c.KeyLogWriter, c.MaxVersion, c.SessionTicketsDisabled = &keys, tls.VersionTLS12, false
				weaken(c)
			} else {
				c.MinVersion, c.CurvePreferences = tls.VersionTLS13, []tls.CurveID{tls.CurveP256}
			}
		}
	})
	handshake := func(from string, config *tls.Config) error {
		c := w.hello(from, hub)
		c.Do("STARTTLS", 220)
		config.InsecureSkipVerify, config.ServerName = true, hubName
		conn := tls.Client(c.Conn, config)
		if err := conn.Handshake(); err != nil {
			return err
		}
		c = relaytest.NewClient(t, conn)
		c.Do("QUIT", 221)
		return nil
	}
	var got tickets
	if err := handshake(stranger, &tls.Config{ClientSessionCache: &got}); err != nil || got == 0 || !strings.HasPrefix(keys.String(), "CLIENT_RANDOM ") {
		t.Errorf("%v, %d tickets, keys %q", err, got, &keys)
	}
	if err := handshake(gateway, &tls.Config{}); err != nil {
		t.Error(err)
	}
	for what, c := range map[string]struct {
		from   string
		config *tls.Config
	}{
		"TLS 1.1":     {stranger, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}},
		"RC4":         {stranger, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}}},
		"TLS 1.3":     {stranger, &tls.Config{MinVersion: tls.VersionTLS13}},
		"TLS 1.2":     {gateway, &tls.Config{MaxVersion: tls.VersionTLS12}},
		"other curve": {gateway, &tls.Config{CurvePreferences: []tls.CurveID{tls.X25519}}},
	} {
		if handshake(c.from, c.config) == nil {
			t.Errorf("%s is spoken", what)
		}
	}
	if calls["Default HubA"] != 1 || calls["FromAnonymousGateway"] != 1 {
		t.Errorf("called %v times, not once for each connector", calls)
	}
}

// TestTLSConfigForClient: what a program chooses for one client isn't weaker either, and a
// failure is still explained.
func TestTLSConfigForClient(t *testing.T) {
	cert := issued(t, "chosen.example")
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Certificates = nil
		s.TLSConfig = func(_ *connector.Inbound, c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
				chosen := &tls.Config{Certificates: []tls.Certificate{*cert}}
				weaken(chosen)
				return chosen, nil
			}
		}
	})
	c := w.hello(stranger, hub)
	c.StartTLS(nil)
	if got := shown(c); got != "chosen.example" {
		t.Errorf("%s is shown", got)
	}
	c = w.hello(stranger, hub)
	c.Do("STARTTLS", 220)
	if tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}).Handshake() == nil {
		t.Error("TLS 1.1 is spoken")
	}
	w.waitFor("the client speaks TLS 1.0 and TLS 1.1 only")
}

// TestTLSConfigWithoutVersion: a configuration that no client can meet is refused at the start.
func TestTLSConfigWithoutVersion(t *testing.T) {
	b := &binder{network: new(relaytest.Network)}
	s := newServer(t, policy(t, defaultHub()), b)
	s.TLSConfig = func(_ *connector.Inbound, c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }
	if err := s.ListenAndServe(t.Context()); err == nil || !strings.Contains(err.Error(), `"Default HubA"]: the newest TLS version is TLS 1.1`) {
		t.Errorf("served with TLS 1.1: %v", err)
	}
}

// TestTLSConfigMakesNoPartner: whatever client certificates a program asks for and trusts,
// Server.ClientCAs alone make a Partner.
func TestTLSConfigMakesNoPartner(t *testing.T) {
	ca, _ := certificates()
	rogue, err := relaytest.NewAuthority("Rogue CA")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []tls.ClientAuthType{tls.NoClientCert, tls.RequestClientCert, tls.RequireAndVerifyClientCert} {
		w := serve(t, partners(t), func(s *relay.Server) {
			s.TLSConfig = func(_ *connector.Inbound, c *tls.Config) {
				c.ClientCAs, c.ClientAuth, c.SessionTicketsDisabled = rogue.Pool(), want, false
			}
		})
		for _, a := range []*relaytest.Authority{ca, rogue} {
			cert, err := a.Issue("contoso.com")
			if err != nil {
				t.Fatal(err)
			}
			cache := tls.NewLRUClientSessionCache(1)
			for range 2 { // the second session is resumed
				c := w.hello(stranger, hub)
				c.Do("STARTTLS", 220)
				conn := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, ServerName: hubName, ClientSessionCache: cache,
					GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }})
				if err := conn.Handshake(); err != nil {
					t.Fatal(err)
				}
				if a == ca && want == tls.RequireAndVerifyClientCert {
					continue // the program refuses it
				}
				c = relaytest.NewClient(t, conn)
				c.Do("EHLO mail.contoso.com", 250)
				code := 530
				if a == ca && want != tls.NoClientCert {
					code = 250
				}
				c.Do("MAIL FROM:<bob@contoso.com>", code)
			}
		}
	}
}
