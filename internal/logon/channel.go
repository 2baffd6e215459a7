package logon

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
)

// Asks reports whether a connector with these settings asks clients for a certificate.
func Asks(settings *connector.Receive) bool {
	return settings.DomainSecureEnabled || settings.AuthMechanism.Or(auth.None).Has(auth.ClientCertificate)
}

// Secured returns ch within TLS: with the tls-exporter, and with the client's certificate if a
// connector with these settings asks for one. roots are the authorities of the certificates
// that prove something.
func Secured(ch auth.Channel, state tls.ConnectionState, settings *connector.Receive, roots *x509.CertPool) auth.Channel {
	ch.TLS, ch.Exporter = true, certificate.Exporter(state)
	if Asks(settings) {
		ch.Certificate = certificate.Client(state, roots)
	}
	if c := ch.Certificate; settings.DomainSecureEnabled && c != nil && c.Verified {
		ch.PeerNames = c.Names
	}
	return ch
}
