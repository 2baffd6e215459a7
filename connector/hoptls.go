package connector

import (
	"cmp"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// HopTLS has the demands of a Send connector on TLS with one next hop. With the zero HopTLS, TLS
// is used if the next hop offers it, and the certificate isn't checked. It is comparable.
type HopTLS struct {
	Never    bool // TLS isn't used, even if it is offered
	Required bool // there is no mail without TLS
	// Trusted is set if the certificate must lead to an authority that this server trusts;
	// where TLS isn't Required, only if TLS is offered.
	Trusted bool
	// Domain and Host are names that the certificate must have, both if both are given. A
	// Domain such as "*.contoso.com" is contoso.com or any name under it. For Host, a wildcard
	// in the certificate counts. "" is any name.
	Domain, Host string
}

// implicitPort is the port at which connections begin with TLS, whatever the parameters of the
// Send connector are (RFC 8314 section 7.3).
const implicitPort = 465

// TLS returns the demands of the connector on the next hop of mail to the domain: on one of its
// smart hosts, or, if host is the zero SmartHost, on the domain's mail exchangers. The owner of
// the domain may demand more, see [Send.DaneEnabled] and [Send.MtaStsEnabled]. If another server
// has the connector ([Outbound.Local]), that server makes the demands.
func (out *Outbound) TLS(to routing.Domain, host param.SmartHost) HopTLS {
	if out == nil {
		return HopTLS{Never: true}
	}
	s := &out.settings
	t := HopTLS{
		Required: s.RequireTLS || s.TlsAuthLevel != param.TlsAuthNone || s.Port == implicitPort,
		Trusted:  s.TlsAuthLevel == param.CertificateValidation || s.TlsAuthLevel == param.DomainValidation,
	}
	if s.TlsAuthLevel == param.DomainValidation {
		t.Domain = cmp.Or(s.TlsDomain, to.String())
	}
	switch {
	case host.IsValid():
		s.protectLogon(&t, host)
	case out.Secured(to):
		t.Required, t.Trusted, t.Domain = true, true, to.String()
	}
	t.Never = (s.IgnoreSTARTTLS || s.ForceHELO) && !t.Required
	return t
}

// protectLogon adds to t that a smart host proves who it is before it gets credentials.
func (s *Send) protectLogon(t *HopTLS, host param.SmartHost) {
	switch m := s.SmartHostAuthMechanism; {
	case m&(auth.BasicAuthRequireTLS|auth.OAuth) != 0:
		t.Required = true
		if !s.LogonWithoutCertificateCheck {
			t.Trusted, t.Host = true, hostName(host)
		}
	case m.Has(auth.BasicAuth) && !s.LogonWithoutCertificateCheck:
		t.Trusted = true
		if t.Domain == "" { // the administrator has said which name is right
			t.Host = hostName(host)
		}
	}
}

// hostName returns the name of a smart host as certificates have it.
func hostName(host param.SmartHost) string {
	if a, ok := host.Addr(); ok {
		return a.String()
	}
	return host.Domain().String()
}

// String returns the demands in words, as in "required, with a trusted certificate for
// smtp.contoso.com".
func (t HopTLS) String() string {
	switch {
	case t.Never:
		return "never used"
	case t == HopTLS{}:
		return "used if offered"
	case !t.Required:
		return "used if offered, with a trusted certificate" + t.names()
	case t.Trusted:
		return "required, with a trusted certificate" + t.names()
	}
	return "required"
}

// names says which names the certificate must have.
func (t HopTLS) names() string {
	var names []string
	for _, name := range []string{t.Host, t.Domain} {
		if name != "" {
			names = append(names, " for "+name)
		}
	}
	return strings.Join(names, " and")
}
