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

// NextHop is where this server sends mail, and how.
type NextHop struct {
	Hosts  []string // the smart hosts, sorted; none: the domain's mail exchangers
	Port   int64
	TLS    HopTLS
	Logon  string   // how it logs on to which smart host as which user; "": not at all
	Fields []string // the classes of header fields that the host gets
}

// NextHop returns the next hop of a recipient that is routed from this server.
func (p *Policy) NextHop(r Route) NextHop {
	s, domain := p.SendConnector(r.Connector), DomainOf(r.To)
	hosts := slices.Sorted(slices.Values(s.SmartHosts))
	return NextHop{slices.Compact(hosts), s.Port, p.hopTLS(s, domain), s.logon(), p.sentFields(s, domain)}
}

// SendConnector returns the Send connector with a name.
func (p *Policy) SendConnector(name string) *SendConnector {
	return p.sendConnectorsByName[name]
}

// hopTLS applies the table of docs/routing.md "TLS to the next hop", row by row, to mail
// that s sends to a domain.
func (p *Policy) hopTLS(s *SendConnector, domain string) HopTLS {
	t := HopTLS{Required: s.RequireTLS || s.Port == implicitTLS}
	switch s.TlsAuthLevel {
	case "EncryptionOnly":
		t.Required = true
	case "CertificateValidation":
		t.Required, t.Trusted = true, true
	case "DomainValidation":
		t.Required, t.Trusted, t.Domain = true, true, Fold(s.TlsDomain)
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
