package certificate_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

func TestChoose(t *testing.T) {
	ca, err := relaytest.NewAuthority("Contoso CA")
	if err != nil {
		t.Fatal(err)
	}
	var all []tls.Certificate
	for _, name := range []string{"mail.contoso.com", "*.fabrikam.com", "hub.contoso.com"} {
		c, err := ca.Issue(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, tt := range []struct{ name, fqdn, want string }{
		{"<I>CN=Contoso CA<S>CN=hub.contoso.com", "mail.contoso.com", "hub.contoso.com"},
		{"<I>cn=contoso ca<S>cn=HUB.contoso.com", "", "hub.contoso.com"},
		{"", "gw.fabrikam.com", "*.fabrikam.com"},
		{"", "other.example", "mail.contoso.com *.fabrikam.com hub.contoso.com"},
		{"<I>CN=Contoso CA<S>CN=other.example", "hub.contoso.com", "error"},
		{"<I>CN=Other CA<S>CN=hub.contoso.com", "hub.contoso.com", "error"},
	} {
		chosen, err := certificate.Choose(tt.name, tt.fqdn, all)
		var got []string
		for _, c := range chosen {
			got = append(got, c.Leaf.Subject.CommonName)
		}
		if err != nil {
			got = []string{"error"}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("Choose(%q, %q) = %s, want %s", tt.name, tt.fqdn, s, tt.want)
		}
	}
	if _, err := certificate.Choose("", "x.example", []tls.Certificate{{}}); err == nil {
		t.Error("an empty certificate is offered")
	}
}
