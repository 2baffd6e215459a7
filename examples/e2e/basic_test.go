//go:build linux

package e2e

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// TestBasicAuthentication is the first scenario of the guide: the default
// Receive connector accepts the gateway's mail after STARTTLS and AUTH, and the
// Send connector authenticates to the gateway over TLS.
func TestBasicAuthentication(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, login: true})
	startHub(t, s.hub, s.ca, scenarioFlags(t, guide.Basic)...)

	t.Run("gateway to mailbox", func(t *testing.T) {
		s.viaGateway(t, "dora@example.net", "bob@fabrikam.com").accepted(t)
		m := s.mailboxes.next(t)
		m.envelope(t, "dora@example.net", "bob@fabrikam.com")
		m.came(t, gatewayAddr, "ESMTPSA")
	})
	t.Run("gateway to any recipient", func(t *testing.T) {
		s.viaGateway(t, "dora@example.net", "carl@partner.example").accepted(t)
		m := s.internet.next(t)
		m.envelope(t, "dora@example.net", "carl@partner.example")
		m.came(t, gatewayAddr, "ESMTPSA")
	})
	t.Run("office to the Internet", func(t *testing.T) {
		s.fromOffice(t, "carl@example.org").accepted(t)
		m := s.internet.next(t)
		m.envelope(t, annUser, "carl@example.org")
		hops := m.fields("Received")
		// One hop: a connector of 2007 with usage Custom keeps Received fields to
		// itself.
		if len(hops) != 1 || !strings.Contains(hops[0], "by "+gatewayName) || !strings.Contains(hops[0], "with ESMTPSA") {
			t.Errorf("HubA did not log on to the gateway: Received %q", hops)
		}
	})
	t.Run("content", s.content)
	t.Run("refused", s.refusedBasic)
	s.mailboxes.nothing(t)
	s.internet.nothing(t)
}

// content checks that the body arrives as it was sent, and that the header changes only
// by Received at the top.
func (s *stage) content(t *testing.T) {
	header := "Subject: =?utf-8?q?content?=\r\nX-Folded: a\r\n\tb\r\nDKIM-Signature: v=1; a=rsa-sha256;\r\n  b=abc\r\n"
	body := ".leading dot\r\n..two\r\n\r\n8-bit \xff\xfe \xc3\xa4\r\n" + strings.Repeat("long ", 2000) + "\r\ntrailing blank \r\n\r\n"
	stuffed := strings.ReplaceAll("\r\n"+body, "\r\n.", "\r\n..")[2:]
	c := talk(t, s.office, officeAddr)
	c.StartTLS(&tls.Config{RootCAs: s.ca.Pool(), ServerName: hubName})
	c.Do("EHLO client.example", 250)
	c.Do("AUTH PLAIN "+plain(annUser, annPassword), 235)
	c.Do("MAIL FROM:<"+annUser+"> BODY=8BITMIME", 250)
	c.Do("RCPT TO:<bob@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.SendRaw(header + "\r\n" + stuffed + ".\r\n")
	c.Expect(250)
	c.Do("QUIT", 221)

	m := s.mailboxes.next(t)
	_, rest, found := strings.Cut(string(m.Data), "Subject:")
	if top := strings.TrimSuffix(string(m.Data), "Subject:"+rest); !found || !strings.HasPrefix(top, "Received: from client.example") {
		t.Errorf("before the message stands %q", top)
	}
	if got, want := "Subject:"+rest, header+"\r\n"+body; got != want {
		t.Errorf("arrived:\n%q\nsent:\n%q", got, want)
	}
}

func (s *stage) refusedBasic(t *testing.T) {
	t.Run("AUTH before TLS", func(t *testing.T) {
		d := toHub(t, s.gateway, gatewayAddr, hubAddr, hubUser, "carl@example.org", "--auth", "LOGIN",
			"--auth-user", hubUser, "--auth-password", hubPassword)
		if d.exit == 0 || d.offers("AUTH") {
			t.Errorf("AUTH was offered or taken:\n%s", d.text)
		}
		c := talk(t, s.gateway, gatewayAddr)
		c.Do("AUTH PLAIN "+plain(hubUser, hubPassword), 504)
		c.Do("MAIL FROM:<"+hubUser+">", 530)
	})
	t.Run("wrong password", func(t *testing.T) {
		d := s.fromOffice(t, "carl@example.org", "--auth-password", "guess")
		d.refused(t, "535 5.7.3")
	})
	t.Run("without AUTH", func(t *testing.T) {
		toHub(t, s.gateway, gatewayAddr, hubAddr, hubUser, "carl@example.org").refused(t, "530 5.7.1")
		toHub(t, s.stranger, strangerAddr, hubAddr, "dora@example.net", "bob@fabrikam.com").refused(t, "530 5.7.1")
		toHub(t, s.stranger, strangerAddr, hubAddr, "dora@example.net", "carl@example.org", "--tls").refused(t, "530 5.7.1")
	})
}

// TestSmartHostCertificate: neither mail nor the password is sent to a smart host whose
// certificate is for another name.
func TestSmartHostCertificate(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, certName: "smtpgateway2.contoso.com"})
	startHub(t, s.hub, s.ca, "-config", "testdata/basic.json")
	d := s.fromOffice(t, "carl@example.org")
	if d.exit == 0 || !strings.Contains(d.text, "<~* 4") {
		t.Errorf("not put off:\n%s", d.text)
	}
	s.internet.nothing(t)
	if said := s.postfix.said(t, " starttls=0/1 "); strings.Contains(said, "auth=") {
		t.Errorf("HubA tried to log on:\n%s", said)
	}
}
