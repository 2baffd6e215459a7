package gateway_test

import (
	"crypto/tls"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestExpiries: the connectors that show a certificate are listed, each with the earliest expiry
// of those that it chooses from.
func TestExpiries(t *testing.T) {
	ca, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2030, 1, n, 0, 0, 0, 0, time.UTC) }
	issue := func(until time.Time, name string) tls.Certificate {
		c, err := ca.Issue(name)
		if err != nil {
			t.Fatal(err)
		}
		c.Leaf.NotAfter = until
		return c
	}
	cfg := config("fabrikam.com")
	add := func(name, fqdn, binding string, m auth.Mechanism, enabled bool) {
		r := cfg.Receive[0]
		r.Name, r.Fqdn, r.AuthMechanism, r.Enabled = name, fqdn, param.Value(m), param.Value(enabled)
		r.Bindings = []netip.AddrPort{netip.MustParseAddrPort(binding)}
		cfg.Receive = append(cfg.Receive, r)
	}
	cfg.Receive[0].Bindings = []netip.AddrPort{netip.MustParseAddrPort(server + ":25")}
	cfg.Receive[0].AuthMechanism = param.Value(auth.None)
	add("Two", "mail.fabrikam.com", "10.2.3.5:25", auth.TLS, true)
	add("Implicit", "submit.fabrikam.com", "10.2.3.5:465", auth.None, true)
	add("Any", "other.fabrikam.com", "10.2.3.6:25", auth.TLS, true)
	add("Off", "mail.fabrikam.com", "10.2.3.7:25", auth.TLS, false)
	cfg.Send[0].TlsCertificateName = "<I>CN=Fabrikam CA<S>CN=submit.fabrikam.com"
	without := cfg.Send[0]
	without.Name, without.TlsCertificateName = "WithoutCertificate", ""
	secure := without
	secure.Name, secure.SmartHosts, secure.DomainSecureEnabled, secure.Fqdn = "ToPartners", nil, true, "submit.fabrikam.com"
	off := cfg.Send[0]
	off.Name, off.Enabled = "SendOff", param.Value(false)
	cfg.Send = append(cfg.Send, without, secure, off)

	c := gateway.Config{Policy: compile(t, cfg)}
	if got := c.Expiries(); got != nil {
		t.Errorf("without certificates: %v", got)
	}
	c.Certificates = []tls.Certificate{issue(day(9), "mail.fabrikam.com"), issue(day(7), "mail.fabrikam.com"), issue(day(8), "submit.fabrikam.com")}
	want := []gateway.Expiry{
		{Receive: true, Connector: "Two", At: day(7)}, {Receive: true, Connector: "Implicit", At: day(8)},
		{Receive: true, Connector: "Any", At: day(7)}, {Connector: "ToMailboxes", At: day(8)},
	}
	if got := c.Expiries(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	cfg.Transport.TLSSendDomainSecureList = []string{"contoso.com"}
	c.Policy = compile(t, cfg)
	want = append(want, gateway.Expiry{Connector: "ToPartners", At: day(8)})
	if got := c.Expiries(); !slices.Equal(got, want) {
		t.Errorf("with a domain to secure: %v, want %v", got, want)
	}
}
