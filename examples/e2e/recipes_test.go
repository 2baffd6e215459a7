//go:build linux

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/miekg/dns"
)

const recipeMX = "contoso-com.mail.protection.outlook.com:25"

// TestRecipeMicrosoft365: a scanner without any logon sends through Microsoft 365 by all ways.
func TestRecipeMicrosoft365(t *testing.T) {
	t.Run("client submission", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Client submission")
		hop := s.microsoft(t)
		s.serve(t, microsoftNames...)
		if m := s.scan(t, hop, "bob@example.org"); m.User != recipeBox || !m.TLS {
			t.Errorf("user %q, TLS %v", m.User, m.TLS)
		}
	})
	t.Run("logon of a person", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Client submission", "The logon of a person")
		hop := s.microsoft(t)
		s.logOn(t, recipeBox, microsoftNames...)
		s.serve(t, microsoftNames...)
		if m := s.scan(t, hop, "bob@example.org"); m.User != recipeBox || !m.TLS {
			t.Errorf("user %q, TLS %v", m.User, m.TLS)
		}
	})
	t.Run("delivery reports", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Client submission", "Delivery reports")
		hop, mx := s.microsoft(t), s.tenant(t, &relaytest.Sink{})
		s.serve(t, append(microsoftNames, recipeMX)...)
		s.scan(t, hop, "bob@example.org")
		m := mx.next(t)
		m.envelope(t, "", recipeBox)
		if m.User != "" || !m.TLS || !strings.Contains(string(m.Data), "absent@example.org") || !strings.Contains(string(m.Data), "5.1.10") {
			t.Errorf("user %q, TLS %v:\n%s", m.User, m.TLS, m.Data)
		}
		hop.nothing(t)
	})
	t.Run("connector of the tenant", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "A connector of the tenant")
		known := x509.NewCertPool()
		leaf, err := x509.ParseCertificate(s.cert.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		known.AddCert(leaf)
		mx := s.tenant(t, &relaytest.Sink{ClientCAs: known, TuneTLS: func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert }})
		s.serve(t, recipeMX)
		if m := s.scan(t, mx, "bob@example.org"); !m.TLS || m.User != "" {
			t.Errorf("user %q, TLS %v", m.User, m.TLS)
		}
	})
	t.Run("connector by address", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "A connector of the tenant", "The same by the gateway's address")
		var certificates atomic.Int32
		mx := s.tenant(t, &relaytest.Sink{TuneTLS: func(c *tls.Config) {
			c.ClientAuth = tls.RequestClientCert
			c.VerifyConnection = func(state tls.ConnectionState) error {
				certificates.Add(int32(len(state.PeerCertificates)))
				return nil
			}
		}})
		s.serve(t, recipeMX)
		m := s.scan(t, mx, "bob@example.org")
		if from := m.Remote.Addr().String(); !m.TLS || from != recipeGateway || certificates.Load() > 0 {
			t.Errorf("from %s, TLS %v, %d certificates", from, m.TLS, certificates.Load())
		}
	})
	t.Run("Direct Send", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Direct Send")
		mx := s.tenant(t, &relaytest.Sink{})
		s.serve(t, recipeMX)
		if m := s.scan(t, mx, "kim@contoso.com"); !m.TLS || m.User != "" {
			t.Errorf("user %q, TLS %v", m.User, m.TLS)
		}
		outside := strings.Replace(s.command(t, "swaks"), "kim@contoso.com", "bob@example.org", 1)
		s.run(t, s.scanner, "", outside).refused(t, "550 5.7.54")
		mx.nothing(t)
	})
	t.Run("Azure", func(t *testing.T) {
		s := newSite(t, "microsoft365.md", "Azure Communication Services")
		const user = "mail.11111111-2222-3333-4444-555555555555.66666666-7777-8888-9999-000000000000"
		hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "*.azurecomm.net"), Users: map[string]string{user: recipeSecret}}, "587")
		s.serve(t, "smtp.azurecomm.net:587")
		if m := s.scan(t, hop, "bob@example.org"); m.User != user {
			t.Errorf("user %q", m.User)
		}
	})
}

// TestRecipeGmail: the same through Gmail, by a service account, by an app password and by the relay of Workspace.
func TestRecipeGmail(t *testing.T) {
	t.Run("service account", func(t *testing.T) {
		s := newSite(t, "gmail.md", "A service account")
		tokens := s.tokenServer(t, "oauth2.googleapis.com")
		hop := s.hop(t, &relaytest.Sink{Hostname: "smtp.gmail.com", Certificate: s.certificate(t, "smtp.gmail.com"), Tokens: tokens.Accepts}, "587")
		s.serve(t, "oauth2.googleapis.com:443", "smtp.gmail.com:587")
		if m := s.scan(t, hop, "bob@example.org"); m.User != recipeBox {
			t.Errorf("user %q", m.User)
		}
	})
	t.Run("app password", func(t *testing.T) {
		s := newSite(t, "gmail.md", "An app password")
		hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp.gmail.com"), Users: map[string]string{recipeBox: "abcdefghijklmnop"}}, "587")
		s.write(t, "gmail.password", "abcdefghijklmnop\n")
		s.serve(t, "smtp.gmail.com:587")
		if m := s.scan(t, hop, "bob@example.org"); m.User != recipeBox {
			t.Errorf("user %q", m.User)
		}
	})
	t.Run("Workspace's relay", func(t *testing.T) {
		s := newSite(t, "gmail.md", "Workspace's relay")
		hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp-relay.gmail.com")}, "587")
		s.serve(t, "smtp-relay.gmail.com:587")
		if m := s.scan(t, hop, "bob@example.org"); m.User != "" || !m.TLS || m.Helo != recipeName {
			t.Errorf("user %q, TLS %v, EHLO %s", m.User, m.TLS, m.Helo)
		}
	})
}

// TestRecipeOldPrinters: a printer that knows only LOGIN over TLS 1.0 sends through Microsoft 365. Other clients need TLS 1.2.
func TestRecipeOldPrinters(t *testing.T) {
	s := newSite(t, "old-printers.md")
	hop := s.microsoft(t)
	if d := s.run(t, s.gateway, "Tea at five\n", s.command(t, "gateway user")); d.exit != 0 {
		t.Fatal(d.text)
	}
	s.serve(t, microsoftNames...)
	print := strings.Replace(s.command(t, "curl"), "--user "+recipeBox, "--user '"+recipeBox+":Tea at five'", 1) + " -v"
	d := s.run(t, s.scanner, "", print)
	d.accepted(t)
	if !strings.Contains(d.text, "AUTH LOGIN") || !strings.Contains(d.text, "TLSv1.0") && !strings.Contains(d.text, "TLSv1 ") {
		t.Errorf("not LOGIN over TLS 1.0:\n%s", d.text)
	}
	m := hop.next(t)
	m.envelope(t, recipeBox, "bob@example.org")
	if from := m.fields("From"); m.User != recipeBox || len(from) != 1 || !strings.Contains(from[0], recipeBox) {
		t.Errorf("user %q, from %q", m.User, from)
	}
	if d := s.run(t, s.modern, "", print); d.exit == 0 {
		t.Errorf("another client may use TLS 1.0:\n%s", d.text)
	}
	s.write(t, "modern.eml", "From: "+recipeBox+"\r\nSubject: report\r\n\r\nAll is well.\r\n")
	modern := strings.NewReplacer("--tlsv1.0 --tls-max 1.0 --ciphers DEFAULT@SECLEVEL=0", "", "scan.eml", "modern.eml")
	s.run(t, s.modern, "", modern.Replace(print)).accepted(t)
	hop.next(t)
}

// TestRecipeApplications: an application logs on and sends as its own address only.
func TestRecipeApplications(t *testing.T) {
	s := newSite(t, "applications.md")
	hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp.provider.example"), Users: map[string]string{"contoso": "p"}}, "587")
	s.write(t, "provider.password", "p\n")
	if d := s.run(t, s.gateway, "Tea at five\n", s.command(t, "gateway user")); d.exit != 0 {
		t.Fatal(d.text)
	}
	s.serve(t, "smtp.provider.example:587")
	mailboxes := newMailbox(t, s.store, recipeStore+":25")
	send := s.command(t, "swaks")
	s.run(t, s.shop, "Tea at five\n", send).accepted(t)
	hop.next(t).envelope(t, "shop@contoso.com", "bob@example.org")
	s.run(t, s.shop, "Tea at five\n", strings.Replace(send, "bob@example.org", "ann@contoso.com", 1)).accepted(t)
	mailboxes.next(t).envelope(t, "shop@contoso.com", "ann@contoso.com")
	s.run(t, s.shop, "Tea at five\n", strings.Replace(send, "--from shop@", "--from boss@", 1)).refused(t, "550 5.7.60")
	if d := s.run(t, s.gateway, "", s.command(t, "gateway explain")); d.exit != 1 || !strings.Contains(d.text, "550 5.7.60") {
		t.Errorf("explain: %d\n%s", d.exit, d.text)
	}
}

// TestRecipePrinter: one printer may relay, straight to the receivers' servers, then a second one, too.
func TestRecipePrinter(t *testing.T) {
	s := newSite(t, "printer.md")
	serveDNS(t, s.gateway, "127.0.0.1:53", zone{mx: map[string]string{"example.org": "mx.example.org"}, hosts: map[string]string{"mx.example.org": recipeCloud}})
	mailboxes, internet := newMailbox(t, s.store, recipeStore+":25"), s.hop(t, &relaytest.Sink{Hostname: "mx.example.org"}, "25")
	second := s.net.host(t, "second", "10.1.20.2")
	s.serve(t)
	send := s.command(t, "swaks")
	s.run(t, s.scanner, "", send).accepted(t)
	internet.next(t).envelope(t, recipeBox, "bob@example.org")
	s.run(t, s.scanner, "", strings.Replace(send, "bob@example.org", "kim@contoso.com", 1)).accepted(t)
	mailboxes.next(t).envelope(t, recipeBox, "kim@contoso.com")
	s.run(t, s.scanner, "", strings.Replace(send, "--from "+recipeBox, "--from root@printer.local", 1)).refused(t, "550 5.7.1 ")
	if d := s.run(t, second, "", send); d.exit == 0 || !strings.Contains(d.text, "Remote host closed connection") {
		t.Errorf("the second printer: %d\n%s", d.exit, d.text)
	}

	s.succeeds(t, s.gateway, s.command(t, "cp"))
	s.succeeds(t, s.gateway, s.command(t, "sed"))
	if d := s.run(t, s.gateway, "", s.command(t, "gateway diff")); d.exit != 1 || !strings.Contains(d.text, "Clients at 10.1.20.2 may now relay to any domain") ||
		!strings.Contains(d.text, "before: no Receive connector serves the connection, which is closed") {
		t.Errorf("diff: %d\n%s", d.exit, d.text)
	}
	s.succeeds(t, s.gateway, s.command(t, "gateway reload"))
	s.run(t, second, "", send).accepted(t)
	internet.next(t).envelope(t, recipeBox, "bob@example.org")
	if d := s.run(t, s.gateway, "", s.command(t, "gateway explain")); d.exit != 1 || !strings.Contains(d.text, "add 10.1.20.3 to the RemoteIPRanges of Printers") {
		t.Errorf("explain: %d\n%s", d.exit, d.text)
	}
}

// TestRecipeDKIM: mail is signed by the keys whose records the gateway has printed.
func TestRecipeDKIM(t *testing.T) {
	s := newSite(t, "dkim.md")
	printed := s.run(t, s.gateway, "", s.command(t, "gateway dkim new"))
	if printed.exit != 0 {
		t.Fatal(printed.text)
	}
	z := newSignedZone(t, "contoso.com.")
	for p := dns.NewZoneParser(strings.NewReader(printed.text), "", ""); ; {
		r, ok := p.Next()
		if !ok {
			if p.Err() != nil {
				t.Fatalf("%v:\n%s", p.Err(), printed.text)
			}
			break
		}
		z.add(r)
	}
	for _, line := range []string{"example.org. 60 IN MX 10 mx.example.org.", "mx.example.org. 60 IN A " + recipeCloud} {
		r, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		z.add(r)
	}
	z.serve(t, s.gateway, "127.0.0.1:53")
	if d := s.run(t, s.gateway, "", s.command(t, "gateway dkim check")); d.exit != 0 {
		t.Fatalf("check: %d\n%s", d.exit, d.text)
	}
	hop := s.hop(t, &relaytest.Sink{Hostname: "mx.example.org"}, "25")
	s.serve(t)
	s.run(t, s.shop, "", s.command(t, "swaks")).accepted(t)
	m := hop.next(t)
	m.envelope(t, "shop@contoso.com", "bob@example.org")
	d, err := sign.ReadDirectory(filepath.Join(s.dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if got := verifiedDKIM(t, d, "contoso.com", m.Data); got != "pass pass" {
		t.Errorf("%s\n%s", got, m.Data)
	}
}
