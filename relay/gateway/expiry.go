package gateway

import (
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
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
// connectors that begin TLS, and the Send connectors with a TlsCertificateName. They have the
// order of the policy, Receive connectors first. Certificates of Server.GetCertificate are not
// among them.
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
		if beginsTLS(in) {
			add(Expiry{Receive: true, Connector: in.Name()}, in.Settings().TlsCertificateName, in.Fqdn())
		}
	}
	for out := range c.Policy.Send() {
		if name := out.Settings().TlsCertificateName; name != "" && out.Local() {
			add(Expiry{Connector: out.Name()}, name, out.Fqdn())
		}
	}
	return all
}

// beginsTLS reports whether sessions of a connector begin TLS: by STARTTLS, or at once.
func beginsTLS(in *connector.Inbound) bool {
	r := in.Settings()
	return r.Enabled.Or(true) &&
		(r.AuthMechanism.Or(auth.None).Has(auth.TLS) || slices.ContainsFunc(r.Bindings, order.ImplicitTLS))
}
