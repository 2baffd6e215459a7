package relay

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// ErrNoCertificate says that a connector needs a certificate and has none: it wants
// Server.Certificates, or a policy without RequireTLS and without bindings that
// begin with TLS.
var ErrNoCertificate = errors.New("there is no certificate")

// tlsConfig returns what in speaks TLS with; nil if there is no certificate.
func tlsConfig(in *connector.Inbound, certificates []tls.Certificate) (*tls.Config, error) {
	settings := in.Settings()
	if len(certificates) == 0 && settings.TlsCertificateName == "" {
		return nil, nil
	}
	chosen, err := certificate.Choose(settings.TlsCertificateName, in.Fqdn(), certificates)
	if err != nil {
		return nil, err
	}
	config := mailtls.Config()
	config.Certificates = chosen
	if settings.DomainSecureEnabled {
		// Verified by peerNames: a certificate that is no good only means
		// that the client is nobody special, not that it is turned away.
		config.ClientAuth = tls.RequestClientCert
	}
	return config, nil
}

// peerNames returns the DNS names of the client's certificate if it leads to
// one of roots. Without roots nobody is verified. The certificate of a mail server
// will do: public authorities issue none for clients any more, and Exchange shows
// the one that it has.
func peerNames(state tls.ConnectionState, roots *x509.CertPool) []string {
	if roots == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	intermediates := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		intermediates.AddCert(c)
	}
	leaf := state.PeerCertificates[0]
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: intermediates,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return nil
	}
	return slices.Clone(leaf.DNSNames)
}
