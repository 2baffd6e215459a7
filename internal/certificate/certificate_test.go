package certificate_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
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

// TestChooseNameOfExchange: names are found as Exchange and Windows print them, also those with commas, states and
// parts in an unusual order.
func TestChooseNameOfExchange(t *testing.T) {
	attribute := func(value string, id ...int) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: id, Value: value}
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		attribute("US", 2, 5, 4, 6), attribute("Arizona", 2, 5, 4, 8), attribute("Contoso, Ltd.", 2, 5, 4, 10),
		attribute("ann@contoso.com", 1, 2, 840, 113549, 1, 9, 1), attribute("mail.contoso.com", 2, 5, 4, 3)}}}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	all := []tls.Certificate{{Certificate: [][]byte{der}}}
	const windows = `CN=mail.contoso.com, E=ann@contoso.com, O="Contoso, Ltd.", S=Arizona, C=US`
	if _, err := certificate.Choose("<I>"+windows+"<S>"+windows, "", all); err != nil {
		t.Error(err)
	}
	_, err = certificate.Choose("<I>CN=a<S>CN=b", "", all)
	if err == nil {
		t.Fatal("a certificate with another name is chosen")
	}
	_, name, _ := strings.Cut(err.Error(), "; there is ")
	if _, err := certificate.Choose(name, "", all); err != nil {
		t.Errorf("the name in the error: %v", err)
	}
	if _, err := certificate.Choose("CN=b", "", all); err == nil || errors.Is(err, certificate.ErrNoSuchName) {
		t.Errorf("without the markers: %v", err)
	}
}
