package gateway

import (
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
)

// Expiry is when the certificate of a connector expires.
type Expiry struct {
	Receive   bool   // it is a Receive connector; otherwise a Send connector
	Connector string // its name

	// At is the end of the certificate's validity; the earliest if the connector chooses from
	// several.
	At time.Time
}

// Expiries returns the expiry of every connector that shows one of the Certificates: the Receive
// connectors that begin TLS, and the Send connectors with a TlsCertificateName or with domains that
// they secure. They have the order of the policy, Receive connectors first. Certificates of
// Server.GetCertificate are not among them.
func (c *Config) Expiries() (all []Expiry) {
	add := func(e Expiry, name, fqdn string) {
		chosen, err := certificate.Choose(name, fqdn, c.Certificates)
		if err != nil {
			return
		}
		if e.At = certificate.Expiry(chosen); !e.At.IsZero() {
			all = append(all, e)
		}
	}
	for in := range c.Policy.Receive() {
		if in.BeginsTLS() {
			add(Expiry{Receive: true, Connector: in.Name()}, in.Settings().TlsCertificateName, in.Fqdn())
		}
	}
	for out := range c.Policy.Send() {
		if showsCertificate(out) {
			add(Expiry{Connector: out.Name()}, out.Settings().TlsCertificateName, out.Fqdn())
		}
	}
	return all
}

// showsCertificate reports whether a connector shows next hops a certificate: the one that it names,
// or, to the domains that it secures, one that covers its Fqdn.
func showsCertificate(out *connector.Outbound) bool {
	s := out.Settings()
	secures := s.DomainSecureEnabled && len(out.Policy().Transport().TLSSendDomainSecureList) > 0
	return s.Enabled.Or(true) && out.Local() && (s.TlsCertificateName != "" || secures)
}
