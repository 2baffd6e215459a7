package semantics

import (
	"fmt"
	"slices"
	"strings"
)

// HopTLS says what a next hop must do about TLS. docs/routing.md "TLS to the next hop".
type HopTLS struct {
	Never     bool   // TLS isn't used
	Required  bool   // no mail without TLS
	Trusted   bool   // the certificate's chain must be valid, if there is TLS
	Domain    string // a name that the certificate must have; "": any
	SmartHost bool   // the certificate must have the name of the smart host
}

// implicitTLS is the port where connections begin with TLS.
// docs/routing.md "The next hop".
const implicitTLS = 465

// TLS returns the demands on the next hop of a recipient that is routed from this server.
func (p *Policy) TLS(r Route) HopTLS { return p.hopTLS(p.sendConnector(r.Connector), domainOf(r.To)) }

// hopTLS applies the table of docs/routing.md "TLS to the next hop", row by row, to mail
// that s sends to a domain.
func (p *Policy) hopTLS(s *sendConnector, domain string) HopTLS {
	t := HopTLS{Required: s.RequireTLS || s.Port == implicitTLS}
	switch s.TlsAuthLevel {
	case "EncryptionOnly":
		t.Required = true
	case "CertificateValidation":
		t.Required, t.Trusted = true, true
	case "DomainValidation":
		t.Required, t.Trusted, t.Domain = true, true, fold(s.TlsDomain)
		if s.TlsDomain == "" {
			t.Domain = domain
		}
	}
	if p.secures(s, domain) {
		t.Required, t.Trusted, t.Domain = true, true, domain
	}
	switch s.SmartHostAuthMechanism {
	case "BasicAuthRequireTLS", "OAuth":
		t.Required = true
		if !s.LogonWithoutCertificateCheck {
			t.Trusted, t.SmartHost = true, true
		}
	case "BasicAuth":
		if !s.LogonWithoutCertificateCheck {
			t.Trusted, t.SmartHost = true, t.Domain == ""
		}
	}
	// What is required beats IgnoreSTARTTLS and ForceHELO: the mail then waits, or begins
	// with TLS at port 465.
	t.Never = (s.IgnoreSTARTTLS || s.ForceHELO) && !t.Required
	return t
}

// String returns t as Observables shows it: nothing about a certificate that is never
// seen.
func (t HopTLS) String() string {
	if t.Never {
		return "never"
	}
	return fmt.Sprintf("required %t, trusted %t, domain %q, smart host %t", t.Required, t.Trusted, t.Domain, t.SmartHost)
}

// logon says as which user s logs on to which smart host; "" if it doesn't.
// docs/routing.md "Credentials for several smart hosts".
func (s *send) logon() string {
	if !s.logsOn() {
		return ""
	}
	users := make([]string, len(s.SmartHosts))
	for i, host := range s.SmartHosts {
		c, own := s.SmartHostCredentials[host]
		if !own && s.AuthenticationCredential != nil {
			c = *s.AuthenticationCredential
		}
		users[i] = fmt.Sprintf("%s as %q", host, c.UserName)
	}
	slices.Sort(users)
	return s.SmartHostAuthMechanism + ": " + strings.Join(users, ", ")
}
