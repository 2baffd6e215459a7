package relay_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

func TestTlsCertificateName(t *testing.T) {
	ca, def := certificates()
	var certs []tls.Certificate
	for _, name := range []string{"first.contoso.com", "mail.contoso.com"} {
		cert, err := ca.Issue(name)
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, cert)
	}
	certs = append(certs, def)
	for _, c := range []struct{ name, fqdn, sni, want string }{
		{name: "<I>CN=Fabrikam CA<S>CN=mail.contoso.com", want: "mail.contoso.com"},
		{name: "<I>cn=fabrikam ca<S>cn=MAIL.contoso.com", sni: hubName, want: "mail.contoso.com"},
		{fqdn: "mail.contoso.com", want: "mail.contoso.com"},
		{fqdn: "mail.contoso.com", sni: hubName, want: "mail.contoso.com"},
		{fqdn: "other.contoso.com", sni: hubName, want: hubName},
		{fqdn: "other.contoso.com", sni: "third.contoso.com", want: "first.contoso.com"},
		{fqdn: "other.contoso.com", want: "first.contoso.com"},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := defaultHub()
			r.TlsCertificateName, r.Fqdn = c.name, c.fqdn
			w := serve(t, policy(t, r), func(s *relay.Server) { s.Certificates = certs })
			client := w.hello(stranger, hub)
			client.StartTLS(&tls.Config{ServerName: c.sni, InsecureSkipVerify: true})
			state := client.Conn.(*tls.Conn).ConnectionState()
			if got := state.PeerCertificates[0].DNSNames[0]; got != c.want {
				t.Errorf("offered %s, want %s", got, c.want)
			}
		})
	}
}

func TestTLSVersions(t *testing.T) {
	w := only(t, func(*connector.Receive) {})
	for _, config := range []*tls.Config{
		{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10},
		{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA}},
	} {
		config.InsecureSkipVerify = true
		c := w.hello(stranger, hub)
		c.Do("STARTTLS", 220)
		if err := tls.Client(c.Conn, config).Handshake(); err == nil {
			t.Errorf("handshake with TLS %x and suites %x succeeded", config.MaxVersion, config.CipherSuites)
		}
	}
}

// tickets is a client's cache that counts the session tickets it gets.
type tickets int

func (n *tickets) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (n *tickets) Put(string, *tls.ClientSessionState)        { *n++ }

// Exchange Online hangs up at a session ticket; STARTTLS and port 465 do without.
func TestNoSessionTickets(t *testing.T) {

	r := defaultHub()
	r.Bindings = append(r.Bindings, at("0.0.0.0:465"))
	w := serve(t, policy(t, r), nil)
	for _, start := range []func(*tls.Config) net.Conn{
		func(config *tls.Config) net.Conn {
			c := w.hello(stranger, hub)
			c.StartTLS(config)
			return c.Conn
		},
		func(config *tls.Config) net.Conn { return tls.Client(w.dial(stranger, "10.2.3.4:465"), config) },
	} {
		var got tickets
		conn := start(&tls.Config{InsecureSkipVerify: true, ServerName: hubName, ClientSessionCache: &got})
		fmt.Fprint(conn, "EHLO mail.contoso.com\r\nQUIT\r\n")
		if said, err := io.ReadAll(conn); err != nil || !strings.Contains(string(said), "\r\n221 ") {
			t.Fatalf("%q, %v", said, err)
		}
		if got != 0 {
			t.Errorf("%d session tickets", got)
		}
	}
}

// What a client lacks is said in words in the log.
func TestHandshakeFailureInWords(t *testing.T) {
	w := only(t, func(*connector.Receive) {})
	c := w.hello(stranger, hub)
	c.Do("STARTTLS", 220)
	if err := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}).Handshake(); err == nil {
		t.Fatal("TLS 1.0 is spoken")
	}
	w.waitForEnd()
	const want = `error="TLS handshake failed: the client speaks TLS 1.0 only; TLS 1.2 or later is required (TlsMinimumVersion)"`
	if !strings.Contains(w.log.String(), want) {
		t.Errorf("log lacks %s:\n%s", want, w.log.String())
	}
}

// partners is the policy of a server that accepts mail of contoso.com only from
// the owner of a certificate for it.
func partners(t *testing.T) *connector.Policy {
	t.Helper()
	r := defaultHub()
	r.DomainSecureEnabled = true
	r.PermissionGroups = param.Value(permission.Partners)
	p, err := connector.Compile(connector.Config{
		Server:    "HubA",
		Servers:   []routing.Server{{Name: "HubA", FQDN: hubName, Site: "Default"}},
		Accepted:  []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"contoso.com"}},
		Receive:   []connector.Receive{r},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A Partner is known by a certificate that Server.ClientCAs vouches for.
func TestDomainSecure(t *testing.T) {
	ca, _ := certificates()
	rogue, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, partners(t), nil)
	for _, c := range []struct {
		name  string
		issue func(...string) (tls.Certificate, error)
		names []string
		code  int
	}{
		{"the partner", ca.Issue, []string{"contoso.com"}, 250},
		{"another domain", ca.Issue, []string{"fabrikam.com"}, 530},
		{"expired", ca.IssueExpired, []string{"contoso.com"}, 530},
		{"of another authority", rogue.Issue, []string{"contoso.com"}, 530},
		{"no certificate", nil, nil, 530},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := &tls.Config{}
			if c.issue != nil {
				cert, err := c.issue(c.names...)
				if err != nil {
					t.Fatal(err)
				}
				config.Certificates = []tls.Certificate{cert}
			}
			client := w.hello(stranger, hub)
			client.StartTLS(config)
			client.Do("EHLO mail.contoso.com", 250)
			client.Do("MAIL FROM:<bob@contoso.com>", c.code)
		})
	}
}
