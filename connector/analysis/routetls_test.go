package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestRouteTLS has what the comparison says of settings about the certificates of smart hosts.
func TestRouteTLS(t *testing.T) {
	const isp, names = "mx.isp.example", "for the smart host"
	logon := func(m auth.Mechanism, hosts ...string) func(*connector.Send) {
		return func(s *connector.Send) {
			s.SmartHosts = nil
			for _, h := range hosts {
				s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost(h))
			}
			s.SmartHostAuthMechanism = m
			s.AuthenticationCredential = &param.Credential{UserName: "us", Password: "secret"}
		}
	}
	unchecked := func(f func(*connector.Send)) func(*connector.Send) {
		return func(s *connector.Send) {
			f(s)
			s.LogonWithoutCertificateCheck = true
		}
	}
	const checked = "used if offered, with a trusted certificate " + names
	for _, row := range []struct {
		was, is func(*connector.Send)
		want    string // direction, after, before; "": no difference
	}{
		{logon(auth.BasicAuth, isp), unchecked(logon(auth.BasicAuth, isp)), "wider: used if offered (" + checked},
		{unchecked(logon(auth.OAuth, isp)), logon(auth.OAuth, isp), "stricter: required, with a trusted certificate " + names + " (required"},
		{logon(auth.BasicAuth, isp), unchecked(logon(auth.BasicAuthRequireTLS, isp)), "different: required (" + checked},
		{logon(auth.BasicAuth, isp), logon(auth.BasicAuth, isp, "localhost"), ""},
	} {
		old, next := office(), office()
		row.was(&old.Send[0])
		row.is(&next.Send[0])
		var got []string
		for _, c := range analysis.Compare(compile(t, old), compile(t, next)).Changes {
			if c.Aspect == analysis.AspectRouteTLS {
				got = append(got, c.Direction.String()+": "+c.After+" ("+c.Before)
			} else if c.Subject == "LogonWithoutCertificateCheck" {
				t.Errorf("it is told twice: %s", c.Text)
			}
		}
		if want := slices.DeleteFunc([]string{row.want}, func(s string) bool { return s == "" }); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), row.want)
		}
	}
}

// TestNameOfRecipientsDomain: a certificate that must name the recipient's domain is another one for
// each domain, and the same as one for TlsDomain where that is the recipient's.
func TestNameOfRecipientsDomain(t *testing.T) {
	policy := func(change func(*connector.Config, *connector.Send)) *connector.Policy {
		cfg := office()
		s := connector.Send{
			Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, RequireTLS: true, TlsAuthLevel: param.DomainValidation,
		}
		change(&cfg, &s)
		cfg.Send = []connector.Send{s}
		return compile(t, cfg)
	}
	old := policy(func(*connector.Config, *connector.Send) {})
	one := policy(func(_ *connector.Config, s *connector.Send) { s.TlsDomain = "Fabrikam.example" })
	secured := policy(func(cfg *connector.Config, s *connector.Send) {
		s.DomainSecureEnabled, cfg.Transport.TLSSendDomainSecureList = true, []string{"partner.test"}
	})
	demands := func(a, b *connector.Policy) string {
		var all []string
		for _, c := range analysis.Compare(a, b).Changes {
			if c.Aspect == analysis.AspectRouteTLS {
				all = append(all, c.Text)
			}
		}
		return strings.Join(all, "\n")
	}
	const want = `For mail to any domain except fabrikam.example, TLS with the next hop is now required, with a trusted certificate for fabrikam.example ` +
		`(was required, with a trusted certificate for the recipient's domain; Send connector "Out").`
	if got := demands(old, one); got != want {
		t.Errorf("TlsDomain:\n%s\nwant\n%s", got, want)
	}
	if got := demands(old, secured); got != "" {
		t.Errorf("domain security that demands the same: %s", got)
	}
}
