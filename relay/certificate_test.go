package relay_test

import (
	"crypto/tls"
	"fmt"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
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
		{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
	} {
		config.InsecureSkipVerify = true
		c := w.hello(stranger, hub)
		c.Do("STARTTLS", 220)
		if err := tls.Client(c.Conn, config).Handshake(); err == nil {
			t.Errorf("handshake with %+v succeeded", config)
		}
	}
}

// A Partner is known by a certificate that Server.ClientCAs vouches for.
func TestDomainSecure(t *testing.T) {
	ca, _ := certificates()
	rogue, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	cfg := connector.Config{
		Server:    "HubA",
		Servers:   []routing.Server{{Name: "HubA", FQDN: hubName, Site: "Default"}},
		Accepted:  []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"contoso.com"}},
	}
	r := defaultHub()
	r.DomainSecureEnabled = true
	r.PermissionGroups = connector.Value(permission.Partners)
	cfg.Receive = []connector.Receive{r}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, p, nil)
	for _, c := range []struct {
		name  string
		issue func(...string) (tls.Certificate, error)
		names []string
		code  int
	}{
		{"the partner", ca.Issue, []string{"contoso.com"}, 250},
		{"another domain", ca.Issue, []string{"fabrikam.com"}, 530},
		{"expired", ca.IssueExpired, []string{"contoso.com"}, 530},
		{"from nobody", rogue.Issue, []string{"contoso.com"}, 530},
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
