package delivery_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestDeadHostsComeLast: a host that doesn't answer costs the wait once; while it is
// remembered its equal is asked first, and it gets its chance when that fails.
func TestDeadHostsComeLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := toHosts("192.0.2.1", "192.0.2.2")
		s.SmtpMaxMessagesPerConnection = 1
		w := newWorld(t, s)
		w.net.Silence(netip.MustParseAddrPort("192.0.2.1:25"))
		good := w.sink("192.0.2.2:25", &relaytest.Sink{})
		start, waits := time.Now(), 0
		for range 40 {
			before := time.Now()
			expect(t, "send", w.send("b@fabrikam.com"), "ok")
			if time.Since(before) > time.Second {
				waits++
			}
		}
		if waits > 1 || time.Since(start) > 31*time.Second {
			t.Errorf("%d of 40 messages waited, %v in all", waits, time.Since(start))
		}
		good.Close()
		expect(t, "nobody", w.send("b@fabrikam.com"), "451 4.4.1")
	})
}

// TestSilentHostsComeLast: a host that has been silent for a while is asked last by
// the messages that come while the first one still waits for it.
func TestSilentHostsComeLast(t *testing.T) {
	for _, silent := range []relaytest.Stage{"", relaytest.StageMail, relaytest.StageRcpt} { // "": it doesn't answer the call
		synctest.Test(t, func(t *testing.T) { askSilentHost(t, silent) })
	}
}

func askSilentHost(t *testing.T, silent relaytest.Stage) {
	s := toHosts("192.0.2.1", "192.0.2.2")
	s.SmtpMaxMessagesPerConnection = 1
	w := newWorld(t, s)
	if silent == "" {
		w.net.Silence(netip.MustParseAddrPort("192.0.2.1:25"))
	} else {
		w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(silent, "", relaytest.Hang)})
	}
	w.sink("192.0.2.2:25", &relaytest.Sink{})
	var waits atomic.Int32
	for range 40 {
		go func() {
			before := time.Now()
			expect(t, "send", w.send("b@fabrikam.com"), "ok")
			if time.Since(before) > time.Second {
				waits.Add(1)
			}
		}()
		time.Sleep(900 * time.Millisecond) // never at the moment when the host becomes suspect
	}
	time.Sleep(2 * time.Minute)
	if n := waits.Load(); n > 4 {
		t.Errorf("silent at %q: %d of 40 messages waited", silent, n)
	}
}

// TestFamiliesTakeTurns: addresses of one family that lead nowhere don't keep those of
// the other from being called, and are asked last from then on.
func TestFamiliesTakeTurns(t *testing.T) {
	s := byDNS()
	s.SmtpMaxMessagesPerConnection = 1
	w := newWorld(t, s)
	var all []netip.Addr
	for i := range 6 {
		all = append(all, netip.MustParseAddr("2001:db8::"+string(rune('1'+i))))
	}
	w.dns.AddHost("fabrikam.com", append(all, addr("192.0.2.1"))...)
	w.sink("192.0.2.1:25", &relaytest.Sink{})
	for range 3 {
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
	}
	if n := strings.Count(w.log.String(), "network is unreachable"); n != 1 {
		t.Errorf("%d calls over IPv6, want the first one: %s", n, w.log.String())
	}
}

// TestSlowGreeting: who needs 70 seconds, or four minutes, for a greeting is reached,
// alone or beside a host that is dead.
func TestSlowGreeting(t *testing.T) {
	for _, hosts := range [][]string{{"192.0.2.1"}, {"192.0.2.1", "192.0.2.2"}} {
		for _, slow := range []time.Duration{70 * time.Second, 4 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, toHosts(hosts...))
				w.sender.SetTimeouts(smtpclient.Timeouts{}) // those of RFC 5321
				w.sink("192.0.2.1:25", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
					if s == relaytest.StageConnect {
						time.Sleep(slow)
					}
					return ""
				}})
				start := time.Now()
				expect(t, "send", w.send("b@fabrikam.com"), "ok")
				if d := time.Since(start); d > slow+2*time.Minute {
					t.Errorf("%s, greeting after %v: it took %v", hosts, slow, d)
				}
			})
		}
	}
}

// TestNoBDAT: a host that offers CHUNKING and doesn't know BDAT gets the message by DATA
// at the next attempt.
func TestNoBDAT(t *testing.T) {
	for _, reply := range []string{"500 5.5.1 what?", "502 not implemented", "500 5.3.3 unrecognized command"} {
		w := newWorld(t, toHosts("192.0.2.1"))
		ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250-PIPELINING\r\n250 CHUNKING\r\n", ">RCPT", "250 ok\r\n250 ok\r\n"}
		w.hop("192.0.2.1:25", append(ehlo[:5:5], ">BDAT", reply+"\r\n"), append(ehlo[:5:5], ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"))
		long := letter + strings.Repeat("x\r\n", 20<<10)
		got := attemptOf(w, envelopeTo("b@fabrikam.com"), long)
		if expect(t, reply, got[0], "451 4.4.0"); !strings.Contains(got[0], reply) {
			t.Errorf("the hop's words are lost: %s", got[0])
		}
		expect(t, reply+", the next attempt", attemptOf(w, envelopeTo("b@fabrikam.com"), long)[0], "ok")
	}
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250-PIPELINING\r\n250 CHUNKING\r\n", ">RCPT", "250 ok\r\n250 ok\r\n", ">BDAT", "500 5.7.1 a virus\r\n"})
	expect(t, "a refusal of the message", attemptOf(w, envelopeTo("b@fabrikam.com"), letter+strings.Repeat("x\r\n", 20<<10))[0], "500 5.7.1 a virus")
}

// TestRefusedTLS: a host that offers STARTTLS, refuses it and hangs up gets the message
// in the clear at the next attempt.
func TestRefusedTLS(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 STARTTLS\r\n"}
	w.hop("192.0.2.1:25", append(ehlo[:3:3], ">STARTTLS", "554 5.7.3 no TLS\r\n", "!close"),
		append(ehlo[:3:3], ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"))
	expect(t, "the first attempt", w.send("b@fabrikam.com"), "451 4.4.2")
	expect(t, "the next one", w.send("b@fabrikam.com"), "ok")
}

// TestFailingTLS: a next hop whose STARTTLS stalls or breaks gets the message in the clear
// where nothing asks for TLS, and that is remembered for a while.
func TestFailingTLS(t *testing.T) {
	trusted, _ := authority(t)
	certificate := issued(t, trusted, "192.0.2.1")
	required := toHosts("192.0.2.1")
	required.RequireTLS = true
	for name, answer := range map[string]string{"no answer": relaytest.Hang, "late answer": relaytest.Raw("220 go\r\n"), "no TLS": relaytest.Raw("220 go\r\n"), "hangs up": relaytest.Close} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int32
			sink := &relaytest.Sink{Certificate: &certificate, Script: func(s relaytest.Stage, _ string) string {
				if s != relaytest.StageTLS {
					return ""
				}
				asked.Add(1)
				if name == "late answer" {
					time.Sleep(50 * time.Second)
				}
				return answer
			}}
			s := toHosts("192.0.2.1")
			s.SmtpMaxMessagesPerConnection = 1
			w := newWorld(t, s)
			w.sink("192.0.2.1:25", sink)
			start := time.Now()
			for range 10 {
				expect(t, name, w.send("b@fabrikam.com"), "ok")
			}
			if d := time.Since(start); d > 2*time.Minute || asked.Load() > 2 {
				t.Errorf("%s: %v for ten messages, asked for TLS %d times", name, d, asked.Load())
			}
			time.Sleep(time.Hour)
			before := asked.Load()
			expect(t, name, w.send("b@fabrikam.com"), "ok")
			if asked.Load() == before {
				t.Errorf("%s: TLS isn't tried again", name)
			}
			w = newWorld(t, required)
			w.sink("192.0.2.1:25", sink)
			n := len(sink.Messages())
			expect(t, name+", TLS required", w.send("b@fabrikam.com"), "451 4.7.5")
			if len(sink.Messages()) != n {
				t.Errorf("%s: the message went out in the clear", name)
			}
		})
	}
}

// certificateOf returns a certificate of its own for a key.
func certificateOf(t *testing.T, key any) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "192.0.2.1"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	public := any(nil)
	switch key := key.(type) {
	case *rsa.PrivateKey:
		public = &key.PublicKey
	case *ecdsa.PrivateKey:
		public = &key.PublicKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestOldTLS has hops with the TLS of their time.
func TestOldTLS(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaCert, ecCert := certificateOf(t, rsaKey), certificateOf(t, ecKey)
	tls12 := func(suites ...uint16) func(*tls.Config) {
		return func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, suites }
	}
	choosy := func(wants func(*tls.ClientHelloInfo) bool) func(*tls.Config) {
		return func(c *tls.Config) {
			c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				if wants(h) {
					return nil, nil
				}
				return nil, errors.New("not that")
			}
		}
	}
	for _, tc := range []struct {
		name     string
		cert     *tls.Certificate
		tune     func(*tls.Config)
		required bool // and still the message goes out
	}{
		{"ECDHE with CBC", rsaCert, tls12(tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA), true},
		{"ECDHE with CBC and SHA-256", rsaCert, tls12(tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256), true},
		{"RSA key exchange", rsaCert, tls12(tls.TLS_RSA_WITH_AES_128_CBC_SHA), true},
		{"RSA key exchange, GCM", rsaCert, tls12(tls.TLS_RSA_WITH_AES_256_GCM_SHA384), true},
		{"Triple DES", rsaCert, tls12(tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA), false},
		{"TLS 1.0", ecCert, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, false},
		{"TLS 1.1", rsaCert, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, false},
		{"no post-quantum key share", ecCert, choosy(func(h *tls.ClientHelloInfo) bool {
			return !slices.Contains(h.SupportedCurves, tls.X25519MLKEM768)
		}), true},
		{"no name that isn't ours", ecCert, choosy(func(h *tls.ClientHelloInfo) bool { return h.ServerName == "" }), true},
	} {
		for _, require := range []bool{false, true} {
			s := toHosts("gw.fabrikam.com")
			s.RequireTLS = require
			w := newWorld(t, s)
			w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
			sink := w.sink("192.0.2.1:25", &relaytest.Sink{Certificate: tc.cert, TuneTLS: tc.tune})
			want := "ok"
			if require && !tc.required {
				want = "451 4.7.5"
			}
			expect(t, tc.name, w.send("b@x.example"), want)
			if m := sink.Messages(); (len(m) == 1) != (want == "ok") || len(m) == 1 && !m[0].TLS {
				t.Errorf("%s, required: %t: arrived: %+v", tc.name, require, m)
			}
		}
	}
}

// TestOurCertificateStaysHere: a next hop that asks for certificates, and hangs up on one
// that it doesn't know, sees ours only where the connector says so. Then it is named.
func TestOurCertificateStaysHere(t *testing.T) {
	trusted, stranger := authority(t)
	server := issued(t, trusted, "192.0.2.1")
	s := toHosts("192.0.2.1")
	s.RequireTLS = true
	named := s
	named.TlsCertificateName = "<I>CN=stranger<S>CN=hub.contoso.com"
	for _, tc := range []struct {
		send        connector.Send
		want, cause string
	}{{s, "ok", ""}, {named, "451 4.7.5", "it was shown the certificate CN=hub.contoso.com"}} {
		w := newWorld(t, tc.send)
		w.sender.Certificates = []tls.Certificate{issued(t, stranger, "hub.contoso.com")}
		// Every name is in the list of authorities that it asks for, and none is believed.
		w.sink("192.0.2.1:25", &relaytest.Sink{Certificate: &server, TuneTLS: func(c *tls.Config) {
			c.ClientAuth = tls.RequestClientCert
			c.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
				if len(raw) > 0 {
					return errors.New("unknown")
				}
				return nil
			}
		}})
		outcomes, _ := w.handOver(t.Context(), "b@x.example", envelopeTo("b@x.example"), strings.NewReader(letter))
		expect(t, "outcome", told(t, outcomes[0]), tc.want)
		if !strings.Contains(outcomes[0].Cause, tc.cause) {
			t.Errorf("cause %q, want %q in it", outcomes[0].Cause, tc.cause)
		}
	}
}

// TestImplicitTLS: port 465 begins with TLS, whatever else is asked for or not.
func TestImplicitTLS(t *testing.T) {
	trusted, stranger := authority(t)
	good, bad := issued(t, trusted, "gw.fabrikam.com"), issued(t, stranger, "gw.fabrikam.com")
	ignoring := toHosts("gw.fabrikam.com")
	ignoring.IgnoreSTARTTLS = true
	for _, tc := range []struct {
		name, want  string
		send        connector.Send
		certificate *tls.Certificate
	}{
		{"nothing asked for", "ok", toHosts("gw.fabrikam.com"), &bad},
		{"no STARTTLS", "ok", ignoring, &bad},
		{"a valid certificate", "ok", level(param.CertificateValidation, ""), &good},
		{"a valid certificate, and it isn't", "451 4.7.5", level(param.CertificateValidation, ""), &bad},
		{"in the clear", "451 4.7.5", toHosts("gw.fabrikam.com"), nil},
	} {
		tc.send.Port = 465
		w := newWorld(t, tc.send)
		w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
		w.sender.RootCAs = trusted.Pool()
		l := w.listen("192.0.2.1:465")
		if tc.certificate != nil {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*tc.certificate}})
		}
		sink := new(relaytest.Sink)
		go sink.Serve(l)
		expect(t, tc.name, w.send("b@x.example"), tc.want)
		sink.Close()
		if n := len(sink.Messages()); (n == 1) != (tc.want == "ok") {
			t.Errorf("%s: %d messages arrived", tc.name, n)
		}
	}
}
