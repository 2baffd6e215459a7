package connector_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// TestHopTLS has what each setting about TLS demands of next hops.
func TestHopTLS(t *testing.T) {
	const smart, local, direct = "smtp.isp.test", "127.0.0.1", ""
	type send = connector.Send
	logon := func(m auth.Mechanism, change ...func(*send)) func(*send) {
		return func(s *send) {
			s.SmartHostAuthMechanism = m
			s.AuthenticationCredential = &param.Credential{UserName: "us", Password: "secret"}
			for _, f := range change {
				f(s)
			}
		}
	}
	unchecked := func(s *send) { s.LogonWithoutCertificateCheck = true }
	validates := func(s *send) { s.RequireTLS, s.TlsAuthLevel, s.TlsDomain = true, param.DomainValidation, "*.isp.test" }
	legacy := func(s *send) { s.ForceHELO = true }
	for _, row := range []struct {
		name, host string
		change     func(*send)
		want       string
	}{
		{"nothing", smart, func(*send) {}, "used if offered"},
		{"nothing, by MX", direct, func(*send) {}, "used if offered"},
		{"IgnoreSTARTTLS", direct, func(s *send) { s.IgnoreSTARTTLS = true }, "never used"},
		{"ForceHELO", direct, legacy, "never used"},
		{"RequireTLS", direct, func(s *send) { s.RequireTLS = true }, "required"},
		{"port 465", smart, func(s *send) { s.Port = 465 }, "required"},
		{"port 465 with IgnoreSTARTTLS", smart, func(s *send) { s.Port, s.IgnoreSTARTTLS = 465, true }, "required"},
		{"EncryptionOnly", direct, func(s *send) { s.RequireTLS, s.TlsAuthLevel = true, param.EncryptionOnly }, "required"},
		{"CertificateValidation", direct, func(s *send) { s.RequireTLS, s.TlsAuthLevel = true, param.CertificateValidation }, "required, with a trusted certificate"},
		{"DomainValidation", direct, func(s *send) { s.RequireTLS, s.TlsAuthLevel = true, param.DomainValidation }, "required, with a trusted certificate for partner.test"},
		{"DomainValidation with TlsDomain", smart, validates, "required, with a trusted certificate for *.isp.test"},
		{"domain security", direct, func(s *send) { s.DomainSecureEnabled = true }, "required, with a trusted certificate for partner.test"},
		{"BasicAuth", smart, logon(auth.BasicAuth), "used if offered, with a trusted certificate for smtp.isp.test"},
		{"BasicAuth on this machine", local, logon(auth.BasicAuth), "used if offered, with a trusted certificate for 127.0.0.1"},
		{"BasicAuth at localhost", "localhost", logon(auth.BasicAuth), "used if offered, with a trusted certificate for localhost"},
		{"BasicAuth unchecked", smart, logon(auth.BasicAuth, unchecked), "used if offered"},
		{"BasicAuth with RequireTLS", smart, logon(auth.BasicAuth, func(s *send) { s.RequireTLS = true }), "required, with a trusted certificate for smtp.isp.test"},
		{"BasicAuth with TlsDomain", smart, logon(auth.BasicAuth, validates), "required, with a trusted certificate for *.isp.test"},
		{"BasicAuth without STARTTLS", smart, logon(auth.BasicAuth, func(s *send) { s.IgnoreSTARTTLS = true }), "never used"},
		{"BasicAuthRequireTLS", smart, logon(auth.BasicAuthRequireTLS), "required, with a trusted certificate for smtp.isp.test"},
		{"BasicAuthRequireTLS on this machine", local, logon(auth.BasicAuthRequireTLS), "required, with a trusted certificate for 127.0.0.1"},
		{"BasicAuthRequireTLS unchecked", smart, logon(auth.BasicAuthRequireTLS, unchecked), "required"},
		{"BasicAuthRequireTLS with TlsDomain", smart, logon(auth.BasicAuthRequireTLS, validates), "required, with a trusted certificate for smtp.isp.test and for *.isp.test"},
		{"BasicAuthRequireTLS unchecked, with TlsDomain", smart, logon(auth.BasicAuthRequireTLS, unchecked, validates), "required, with a trusted certificate for *.isp.test"},
		{"OAuth", smart, logon(auth.OAuth), "required, with a trusted certificate for smtp.isp.test"},
		{"OAuth unchecked", smart, logon(auth.OAuth, unchecked), "required"},
		{"ExternalAuthoritative", smart, func(s *send) { s.SmartHostAuthMechanism = auth.ExternalAuthoritative }, "used if offered"},
	} {
		s := connector.Send{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}
		var host param.SmartHost
		if row.host != direct {
			host = param.MustParseSmartHost(row.host)
			s.SmartHosts = []param.SmartHost{host}
		}
		row.change(&s)
		p, err := connector.Compile(connector.Config{Send: []connector.Send{s}, Transport: connector.Transport{TLSSendDomainSecureList: []string{"partner.test"}}})
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		for out := range p.Send() {
			if got := out.TLS(routing.MustParseDomain("partner.test"), host).String(); got != row.want {
				t.Errorf("%s: TLS is %s; want %s", row.name, got, row.want)
			}
		}
	}
	if none := (*connector.Outbound)(nil).TLS(routing.Domain{}, param.SmartHost{}); !none.Never {
		t.Errorf("without a connector TLS is %v", none)
	}
}
