package delivery_test

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestDomainSecure is mutual TLS with the domains of TLSSendDomainSecureList,
// and nothing special with all others.
func TestDomainSecure(t *testing.T) {
	trusted, stranger := authority(t)
	hop := func(a *relaytest.Authority, name string) *relaytest.Sink {
		c := issued(t, a, name)
		return &relaytest.Sink{Certificate: &c, ClientCAs: trusted.Pool()}
	}
	for _, tc := range []struct {
		name, to, want string
		sink           *relaytest.Sink
	}{
		{"both prove themselves", "b@fabrikam.com", "ok", hop(trusted, "fabrikam.com")},
		{"it has another's name", "b@fabrikam.com", "451 4.7.5", hop(trusted, "mx.evil.example")},
		{"unknown authority", "b@fabrikam.com", "451 4.7.5", hop(stranger, "fabrikam.com")},
		{"no TLS", "b@fabrikam.com", "451 4.7.0", &relaytest.Sink{}},
		{"not in the list", "b@plain.example", "ok", &relaytest.Sink{}},
		{"not in the list, unknown authority", "b@plain.example", "ok", hop(stranger, "x.example")},
	} {
		s := byDNS()
		s.DomainSecureEnabled = true
		w := worldOf(t, connector.Config{Send: []connector.Send{s},
			Transport: connector.Transport{TLSSendDomainSecureList: []string{"fabrikam.com"}}})
		w.dns.AddHost("fabrikam.com", addr("192.0.2.1"))
		w.dns.AddHost("plain.example", addr("192.0.2.1"))
		w.sender.RootCAs = trusted.Pool()
		w.sender.Certificates = []tls.Certificate{issued(t, trusted, "hub.contoso.com")}
		w.sink("192.0.2.1:25", tc.sink)
		expect(t, tc.name, w.send(tc.to), tc.want)
		if m := tc.sink.Messages(); (len(m) == 1) != (tc.want == "ok") || len(m) == 1 && m[0].TLS != (tc.sink.Certificate != nil) {
			t.Errorf("%s: arrived: %+v", tc.name, m)
		}
	}
}

// issued returns a certificate of a's.
func issued(t *testing.T, a *relaytest.Authority, name string) tls.Certificate {
	t.Helper()
	c, err := a.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// watchCertificates tells whose certificate the first caller shows who gets through
// TLS, and hangs up on all.
func watchCertificates(l net.Listener, server tls.Certificate, shown chan<- string) {
	defer close(shown)
	for first := true; ; {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if issuer := issuerShown(c, server); first {
			shown <- issuer
			first = false
		}
		c.Close()
	}
}

// TestCertificateName: of several certificates the one named is shown to a next hop
// that insists on one.
func TestCertificateName(t *testing.T) {
	trusted, stranger := authority(t)
	known, unknown := issued(t, trusted, "hub.contoso.com"), issued(t, stranger, "hub.contoso.com")
	for name, want := range map[string]string{
		"<I>CN=trusted<S>CN=hub.contoso.com":  "trusted",
		"<I>CN=stranger<S>CN=hub.contoso.com": "stranger",
		"<I>CN=trusted<S>CN=other":            "451 4.7.5",
	} {
		s := toHosts("192.0.2.1")
		s.TlsCertificateName = name
		w := newWorld(t, s)
		w.sender.Certificates = []tls.Certificate{unknown, known}
		shown := make(chan string, 1)
		l := w.listen("192.0.2.1:25")
		server := issued(t, trusted, "192.0.2.1")
		go watchCertificates(l, server, shown)
		got := w.send("b@fabrikam.com")
		l.Close()
		if strings.HasPrefix(want, "451") {
			expect(t, name, got, want)
			if err := w.sender.Check(w.policy); err == nil || !strings.Contains(err.Error(), `Send["out"]: `) {
				t.Errorf("%s: Check says %v", name, err)
			}
			continue
		}
		if issuer := <-shown; issuer != want {
			t.Errorf("%s: a certificate of %q is shown", name, issuer)
		}
		if err := w.sender.Check(w.policy); err != nil {
			t.Errorf("%s: Check says %v", name, err)
		}
	}
}

// TestSetCertificates has a Sender renew its certificates while it is in use.
func TestSetCertificates(t *testing.T) {
	trusted, stranger := authority(t)
	s := toHosts("192.0.2.1")
	s.TlsCertificateName = "<I>CN=trusted<S>CN=hub.contoso.com"
	w := newWorld(t, s)
	w.sender.Certificates = []tls.Certificate{issued(t, stranger, "hub.contoso.com")}
	if w.sender.Check(w.policy) == nil {
		t.Error("Check is content before the certificate is there")
	}
	w.sender.SetCertificates([]tls.Certificate{issued(t, trusted, "hub.contoso.com")})
	if err := w.sender.Check(w.policy); err != nil {
		t.Errorf("Check says %v", err)
	}
	shown := make(chan string, 1)
	l := w.listen("192.0.2.1:25")
	server := issued(t, trusted, "192.0.2.1")
	go watchCertificates(l, server, shown)
	w.send("b@fabrikam.com")
	l.Close()
	if issuer := <-shown; issuer != "trusted" {
		t.Errorf("a certificate of %q is shown", issuer)
	}
}

// TestPeersHeaders has what of a header passes to every kind of next hop.
func TestPeersHeaders(t *testing.T) {
	const letter = "Received: from a\r\nX-MS-Exchange-Organization-SCL: -1\r\nX-MS-Exchange-Forest-Y: z\r\nX-MS-Exchange-CrossPremises-A: b\r\n" +
		"Resent-To: c\r\nSubject: x\r\n\r\nReceived: in the body\r\n"
	const org, forest = "X-MS-Exchange-Organization-SCL: -1\r\n", "X-MS-Exchange-Forest-Y: z\r\n"
	without := func(fields ...string) string {
		s := letter
		for _, f := range fields {
			s = strings.Replace(s, f, "", 1)
		}
		return s
	}
	const cross = "X-MS-Exchange-CrossPremises-A: b\r\n"
	trusted, _ := authority(t)
	certificate := issued(t, trusted, "fabrikam.com")
	mechanism := func(m auth.Mechanism) connector.Send {
		s := toHosts("192.0.2.1")
		s.SmartHostAuthMechanism = m
		return s
	}
	hidden := byDNS()
	hidden.Permissions = []permission.Grant{{To: permission.SIDAnonymous, Deny: permission.SetOf(permission.SendHeadersRouting)}}
	partner := byDNS()
	partner.DomainSecureEnabled = true
	partner.Permissions = []permission.Grant{{To: permission.SIDPartners, Allow: permission.SetOf(permission.SendHeadersOrganization)}}
	far := toHosts("192.0.2.9")
	far.SourceTransportServers = []string{"far"}
	loggedOn := credentialed("192.0.2.1", auth.BasicAuth)
	loggedOn.LogonWithoutCertificateCheck = true
	internal := mechanism(auth.ExternalAuthoritative)
	internal.Usage = param.UsageInternal
	for _, tc := range []struct {
		name, to string
		send     connector.Send
		profile  connector.Profile
		want     string
	}{
		{"found by MX", "b@fabrikam.com", byDNS(), permission.Current, without(org, forest, cross)},
		{"routing hidden", "b@fabrikam.com", hidden, permission.Current, without(org, forest, cross, "Received: from a\r\n", "Resent-To: c\r\n")},
		{"smart host", "b@fabrikam.com", toHosts("192.0.2.1"), permission.Current, without(org, forest, cross)},
		{"smart host that we log on to", "b@fabrikam.com", loggedOn, permission.Current, without(org, forest, cross)},
		{"externally secured", "b@fabrikam.com", mechanism(auth.ExternalAuthoritative), permission.Current, without(org, forest, cross)},
		{"externally secured, 2007, Internal", "b@fabrikam.com", internal, permission.Exchange2007, without(cross)},
		{"Exchange server", "b@fabrikam.com", mechanism(auth.ExchangeServer), permission.Current, without(cross)},
		{"partner", "b@fabrikam.com", partner, permission.Current, without(forest, cross)},
		{"partner's connector, another domain", "b@plain.example", partner, permission.Current, without(org, forest, cross)},
		{"another server of the organisation", "b@fabrikam.com", far, permission.Current, letter},
	} {
		w := worldOf(t, connector.Config{Profile: tc.profile, Send: []connector.Send{tc.send},
			Transport: connector.Transport{TLSSendDomainSecureList: []string{"fabrikam.com"}}})
		for _, name := range []string{"fabrikam.com", "plain.example", "far.contoso.com"} {
			w.dns.AddHost(name, addr("192.0.2.1"))
		}
		w.sender.RootCAs = trusted.Pool()
		sink := &relaytest.Sink{Certificate: &certificate}
		if tc.send.AuthenticationCredential != nil {
			sink.Users = map[string]string{"hub": password}
		}
		w.sink("192.0.2.1:25", sink)
		tx, _ := w.rcpt(newEnvelope(), tc.to)
		expect(t, tc.name, w.data(tx, letter), "ok")
		if m := sink.Messages(); len(m) != 1 || string(m[0].Data) != tc.want {
			t.Errorf("%s: arrived: %+v, want %q", tc.name, m, tc.want)
		}
	}
}

// TestNoLogonAfterRefusedTLS: a next hop that offers STARTTLS and then refuses it
// gets the message where nothing asks for TLS, but never a password.
func TestNoLogonAfterRefusedTLS(t *testing.T) {
	script := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN PLAIN\r\n250 STARTTLS\r\n", ">STARTTLS", "454 4.7.0 not now\r\n"}
	w := newWorld(t, credentialed("192.0.2.1", auth.BasicAuth))
	hop := w.hop("192.0.2.1:25", script)
	expect(t, "with credentials", w.send("b@fabrikam.com"), "451 4.7.0")
	w.sender.Close()
	<-hop.done
	if strings.Contains(hop.String(), "AUTH") {
		t.Errorf("hop heard %q", hop)
	}
	w = newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", append(script, ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"))
	expect(t, "without", w.send("b@fabrikam.com"), "ok")
}

// TestTlsOfOtherServers: what a connector asks of next hops concerns the
// server that calls them. On the way to that server TLS is used if offered.
func TestTlsOfOtherServers(t *testing.T) {
	_, stranger := authority(t)
	far := level(param.DomainValidation, "gw.fabrikam.com")
	far.SourceTransportServers = []string{"far"}
	far.TlsCertificateName = "<I>CN=nobody<S>CN=far.contoso.com"
	certificate := issued(t, stranger, "far.contoso.com")
	for _, sink := range []*relaytest.Sink{{}, {Certificate: &certificate}} {
		w := newWorld(t, far)
		w.dns.AddHost("far.contoso.com", addr("10.2.3.5"))
		w.sink("10.2.3.5:25", sink)
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
		if m := sink.Messages(); len(m) != 1 || m[0].TLS != (sink.Certificate != nil) {
			t.Errorf("arrived: %+v", m)
		}
		if err := w.sender.Check(w.policy); err != nil {
			t.Errorf("Check: %v", err)
		}
	}
}
