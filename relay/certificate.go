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

// ErrNoCertificate is the error of a connector that needs a certificate, because it has
// RequireTLS or a binding that begins with TLS, while the Server has none.
var ErrNoCertificate = errors.New("needs a certificate")

// tlsConfig returns the TLS configuration of in; nil if there is no certificate.
func (s *Server) tlsConfig(in *connector.Inbound, certificates []tls.Certificate) (*tls.Config, error) {
	settings := in.Settings()
	chosen, err := certificate.Choose(settings.TlsCertificateName, in.Fqdn(), certificates)
	if err != nil && !(s.GetCertificate != nil && errors.Is(err, certificate.ErrNoSuchName)) {
		return nil, err
	}
	config := mailtls.Config()
	config.Certificates = chosen
	if s.GetCertificate != nil {
		source := &certificate.Source{Name: settings.TlsCertificateName, Fqdn: in.Fqdn(), Others: chosen,
			Get: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.GetCertificate(in, hello) }}
		// With Certificates, crypto/tls doesn't ask if the client names no host.
		config.Certificates, config.GetCertificate = nil, source.Certificate
	}
	if settings.DomainSecureEnabled {
		// Verified by peerNames: a client with a bad certificate is served, but
		// it isn't a Partner.
		config.ClientAuth = tls.RequestClientCert
	}
	if s.TLSConfig != nil {
		s.TLSConfig(in, config)
	}
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return nil, nil
	}
	return config, mailtls.Harden(config)
}

// peerNames returns the DNS names of the client's certificate if one of roots has
// issued it. The certificate of a mail server is good enough: public authorities no
// longer issue any for clients, and Exchange shows its server's.
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
