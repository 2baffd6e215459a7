package gateway

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// Config is the part of a Gateway that Reload replaces as a whole.
type Config struct {
	// Policy has the Receive connectors to serve and the Send connectors to deliver by.
	Policy *connector.Policy

	// Verifier checks passwords. Nil: AUTH is not offered.
	Verifier auth.Verifier

	// Certificates are those that connectors choose from: Receive connectors for
	// STARTTLS, which is not offered without any, and Send connectors to show to next
	// hops. The slice must not change any more. Gateway.Server.GetCertificate, if it is
	// set, is asked before them.
	Certificates []tls.Certificate

	// Sign signs the mail of Send connectors whose DkimSigning isn't None, as a method of
	// *sign.Signer does. Nil: there are no keys, and no connector may require signatures.
	Sign delivery.PrepareFunc

	ClientCAs *x509.CertPool // the authorities of partners' certificates; nil: no client is a partner
	RootCAs   *x509.CertPool // the authorities of next hops' certificates; nil: the system's
}

// Check returns relay.ErrNoPolicy if there is no Policy, and source.Diagnostics with each
// Send connector whose certificate is not among the Certificates, or that requires
// signatures without Sign.
func (c *Config) Check() error {
	if c.Policy == nil {
		return relay.ErrNoPolicy
	}
	return (&delivery.Sender{Certificates: c.Certificates, Sign: c.Sign}).Check(c.Policy)
}
