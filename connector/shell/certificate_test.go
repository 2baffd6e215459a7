package shell_test

import (
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// TestCertificate: a connector is given the certificate that the server is run
// with, as Microsoft's page on TLS of POP, IMAP and SMTP does it.
func TestCertificate(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
	opts := shell.Options{Now: now, Certificates: []shell.Certificate{
		{Thumbprint: "0123456789ABCDEF0123456789ABCDEF01234567", Issuer: "CN=Test CA", Subject: "CN=old.contoso.com"},
		{
			Thumbprint: "89ABCDEF0123456789ABCDEF0123456789ABCDEF", Issuer: "CN=Test CA,O=Contoso", Subject: "CN=mail.contoso.com",
			Domains: []string{"mail.contoso.com", "autodiscover.contoso.com"}, NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		},
	}}
	const want = "<I>CN=Test CA,O=Contoso<S>CN=mail.contoso.com"
	for _, find := range []string{
		"Get-ExchangeCertificate -Thumbprint 89abcdef0123456789abcdef0123456789abcdef",
		`Get-ExchangeCertificate EX01\89ABCDEF0123456789ABCDEF0123456789ABCDEF`,
		"Get-ExchangeCertificate -DomainName mail.contoso.com, autodiscover.contoso.com",
		"Get-ExchangeCertificate -Server EX01 | Where-Object {$_.Subject -like '*mail*' -and $_.Services -match 'SMTP' -and $_.NotAfter -gt (Get-Date)}",
	} {
		in, err := run(t, opts, "$cert = "+find+`
$name = "<i>$($cert.Issuer)<s>$($cert.Subject)"
Set-ReceiveConnector "Client Frontend EX01" -TlsCertificateName $name`)
		if err != nil {
			t.Errorf("%s: %v", find, err)
			continue
		}
		all := in.Config().Receive
		i := slices.IndexFunc(all, func(r connector.Receive) bool { return r.Name == "Client Frontend EX01" })
		if got := all[i].TlsCertificateName; got != want {
			t.Errorf("%s: TlsCertificateName is %q, want %q", find, got, want)
		}
	}
	if _, err := run(t, opts, "Get-ExchangeCertificate -Thumbprint 00"); err == nil {
		t.Error("a certificate that isn't there is found")
	}
	if _, err := run(t, shell.Options{}, "Get-ExchangeCertificate"); err != nil {
		t.Errorf("without certificates: %v", err)
	}
}
