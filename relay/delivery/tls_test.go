package delivery_test

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

const password = "correct horse"

// credentialed is a Send connector that authenticates to a smart host.
func credentialed(host string, m auth.Mechanism) connector.Send {
	s := toHosts(host)
	s.SmartHostAuthMechanism = m
	s.AuthenticationCredential = &param.Credential{UserName: "hub", Password: password}
	return s
}

// level is a Send connector to gw.fabrikam.com that checks certificates.
func level(l param.TlsAuthLevel, domain string) connector.Send {
	s := toHosts("gw.fabrikam.com")
	s.RequireTLS, s.TlsAuthLevel, s.TlsDomain = true, l, domain
	return s
}

// authority makes a certificate authority, and a second one that isn't trusted.
func authority(t *testing.T) (trusted, stranger *relaytest.Authority) {
	t.Helper()
	trusted, err := relaytest.NewAuthority("trusted")
	if err == nil {
		stranger, err = relaytest.NewAuthority("stranger")
	}
	if err != nil {
		t.Fatal(err)
	}
	return trusted, stranger
}

// TestCertificates has every level of checking meet every certificate.
func TestCertificates(t *testing.T) {
	trusted, stranger := authority(t)
	meetCertificates(t, trusted, stranger, nil)
}

// TestTLSConfigKeepsChecks is TestCertificates with a program that turns off everything.
func TestTLSConfigKeepsChecks(t *testing.T) {
	trusted, stranger := authority(t)
	meetCertificates(t, trusted, stranger, func(_ *connector.Outbound, c *tls.Config) { weaken(c, stranger.Pool()) })
}

// meetCertificates is TestCertificates for a TLSConfig.
func meetCertificates(t *testing.T, trusted, stranger *relaytest.Authority, change func(*connector.Outbound, *tls.Config)) {
	t.Helper()
	issue := func(c tls.Certificate, err error) *tls.Certificate {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return &c
	}
	certificates := map[string]*tls.Certificate{
		"right":     issue(trusted.Issue("gw.fabrikam.com")),
		"wildcard":  issue(trusted.Issue("*.fabrikam.com")),
		"wrong":     issue(trusted.Issue("gw.evil.example")),
		"suffix":    issue(trusted.Issue("gw.evilfabrikam.com")),
		"untrusted": issue(stranger.Issue("gw.fabrikam.com")),
		"expired":   issue(trusted.IssueExpired("gw.fabrikam.com")),
		"none":      nil,
	}
	require := toHosts("gw.fabrikam.com")
	require.RequireTLS = true
	for _, tc := range []struct {
		name  string
		send  connector.Send
		takes string // the certificates with which the message goes out
	}{
		{"opportunistic", toHosts("gw.fabrikam.com"), "right wildcard wrong suffix untrusted expired none"},
		{"RequireTLS", require, "right wildcard wrong suffix untrusted expired"},
		{"EncryptionOnly", level(param.EncryptionOnly, ""), "right wildcard wrong suffix untrusted expired"},
		{"CertificateValidation", level(param.CertificateValidation, ""), "right wildcard wrong suffix"},
		{"DomainValidation", level(param.DomainValidation, "gw.fabrikam.com"), "right wildcard"},
		{"DomainValidation *.", level(param.DomainValidation, "*.fabrikam.com"), "right wildcard"},
		{"BasicAuthRequireTLS", credentialed("gw.fabrikam.com", auth.BasicAuthRequireTLS), "right wildcard"},
	} {
		for name, certificate := range certificates {
			w := newWorld(t, tc.send)
			w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
			w.sender.RootCAs = trusted.Pool()
			w.sender.TLSConfig = change
			sink := &relaytest.Sink{Certificate: certificate}
			if tc.send.AuthenticationCredential != nil {
				sink.Users, sink.InsecureAuth = map[string]string{"hub": password}, true
			}
			w.sink("192.0.2.1:25", sink)
			want := "451 4.7."
			if strings.Contains(" "+tc.takes+" ", " "+name+" ") {
				want = "ok"
			}
			expect(t, tc.name+", certificate "+name, w.send("b@x.example"), want)
			m := sink.Messages()
			if (len(m) == 1) != (want == "ok") || len(m) == 1 && m[0].TLS != (certificate != nil) {
				t.Errorf("%s, certificate %s: arrived: %+v", tc.name, name, m)
			}
		}
	}
}

// TestNothingInTheClear attacks connections that must be encrypted. The next hop must hear
// neither the envelope nor credentials.
func TestNothingInTheClear(t *testing.T) {
	require := toHosts("192.0.2.1")
	require.RequireTLS = true
	for name, script := range map[string][]string{
		"STARTTLS stripped": {"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN PLAIN\r\n250 PIPELINING\r\n"},
		"STARTTLS refused":  {"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n", ">STARTTLS", "454 4.7.0 not now\r\n"},
		"STARTTLS 5xx":      {"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n", ">STARTTLS", "502 what\r\n"},
		"no EHLO":           {"220 hop\r\n", ">EHLO", "502 what\r\n", ">HELO", "250 hop\r\n"},
		"no handshake":      {"220 hop\r\n", ">EHLO", "250-hop\r\n250 starttls\r\n", ">STARTTLS", "220 go\r\n", "!close"},
		"bytes behind 220":  {"220 hop\r\n", ">EHLO", "250-hop\r\n250 STARTTLS\r\n", ">STARTTLS", "220 go\r\n250-hop\r\n250 AUTH LOGIN\r\n"},
	} {
		for _, send := range []connector.Send{require, credentialed("192.0.2.1", auth.BasicAuthRequireTLS)} {
			w := newWorld(t, send)
			hop := w.hop("192.0.2.1:25", script)
			expect(t, name, w.send("b@fabrikam.com"), "451 4.7.")
			w.sender.Close()
			<-hop.done
			if s := hop.String(); strings.Contains(s, "AUTH") || strings.Contains(s, "MAIL") {
				t.Errorf("%s: hop heard %q", name, s)
			}
		}
	}
}

// TestFailedHandshake: without need of TLS the next hop is called again and spoken to in the
// clear, but it never gets credentials that way.
func TestFailedHandshake(t *testing.T) {
	broken := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 STARTTLS\r\n", ">STARTTLS", "220 go\r\n", "!close"}
	clear := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN\r\n250 PIPELINING\r\n", ">DATA", "250 ok\r\n250 ok\r\n354 go\r\n", ">.\r\n", "250 ok\r\n"}
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", broken, clear)
	expect(t, "opportunistic", w.send("b@fabrikam.com"), "ok")

	w = newWorld(t, credentialed("192.0.2.1", auth.BasicAuth))
	hop := w.hop("192.0.2.1:25", broken, clear)
	expect(t, "with credentials", w.send("b@fabrikam.com"), "451 4.7.5")
	if strings.Contains(hop.String(), "AUTH") {
		t.Errorf("hop heard %q", hop)
	}

	w = newWorld(t, credentialed("192.0.2.1", auth.BasicAuth))
	w.hop("192.0.2.1:25", broken, []string{"!close"})
	expect(t, "hung up on at the second call", w.send("b@fabrikam.com"), "451 4.7.5")
}

func TestAuthentication(t *testing.T) {
	users := map[string]string{"hub": password}
	for _, tc := range []struct {
		name, want string
		sink       *relaytest.Sink
	}{
		{"in the clear, as asked for", "ok", &relaytest.Sink{Users: users, InsecureAuth: true}},
		{"wrong password", "451 4.7.0", &relaytest.Sink{Users: map[string]string{"hub": "other"}, InsecureAuth: true}},
		{"not offered any more", "451 4.7.0", &relaytest.Sink{}},
		{"offered under TLS only, without TLS", "451 4.7.0", &relaytest.Sink{Users: users}},
	} {
		w := newWorld(t, credentialed("192.0.2.1", auth.BasicAuth))
		w.sink("192.0.2.1:25", tc.sink)
		expect(t, tc.name, w.send("b@fabrikam.com"), tc.want)
		if m := tc.sink.Messages(); len(m) > 0 && m[0].User != "hub" {
			t.Errorf("%s: arrived from user %q", tc.name, m[0].User)
		}
		if strings.Contains(w.log.String(), password) || strings.Contains(w.log.String(), "Y29ycmVjdCBob3JzZQ") {
			t.Errorf("%s: the log tells the password: %s", tc.name, w.log.String())
		}
	}
}

// TestIdentityIsNotShared: a connection of one connector is never used by another.
func TestIdentityIsNotShared(t *testing.T) {
	plain := toHosts("192.0.2.1")
	plain.Name, plain.AddressSpaces = "plain", space("plain.example")
	w := newWorld(t, credentialed("192.0.2.1", auth.BasicAuth), plain)
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Users: map[string]string{"hub": password}, InsecureAuth: true})
	expect(t, "authenticated", w.send("b@fabrikam.com"), "ok")
	expect(t, "not authenticated", w.send("b@plain.example"), "451 4.7.0") // the next hop's 530 is for us
	if n := sink.Connections(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// TestContextEndsDelivery: a next hop that says nothing holds no transaction whose client is
// gone.
func TestContextEndsDelivery(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", []string{})
	tx := w.begin(newEnvelope())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	expect(t, "client gone", said(t, tx.Rcpt(ctx, envelopeTo("b@fabrikam.com").To[0])), "451 4.4.")
	tx.Close()
}
