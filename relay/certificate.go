package relay

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/logon"
	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// ErrNoCertificate is the error of a connector that needs a certificate, because it has
// RequireTLS or a binding that begins with TLS, while the Server has none.
var ErrNoCertificate = errors.New("needs a certificate")

// CertificatesFor returns those of all from which a Server with these Certificates shows one to a client of in:
// the ones that TlsCertificateName names; else those with a name for the connector's Fqdn; else all. Of several
// it shows the first that the client can use and that has the name that the client asks for, or the first.
// A TlsCertificateName that none has, and a certificate that can't be parsed, are errors. in must not be nil.
func CertificatesFor(in *connector.Inbound, all []tls.Certificate) ([]tls.Certificate, error) {
	return certificate.Choose(in.Settings().TlsCertificateName, in.Fqdn(), all)
}

// CertificateName returns the name of a certificate as TlsCertificateName has it. c must not be nil.
func CertificateName(c *x509.Certificate) param.SmtpX509Identifier { return certificate.Name(c) }

// tlsConfig returns the TLS configuration of in; nil if there is no certificate.
func (s *Server) tlsConfig(in *connector.Inbound, certificates []tls.Certificate) (*tls.Config, error) {
	settings := in.Settings()
	chosen, err := CertificatesFor(in, certificates)
	if err != nil && !(s.GetCertificate != nil && errors.Is(err, certificate.ErrNoSuchName)) {
		return nil, err
	}
	floor := floorOf(settings)
	config := floor.Config()
	config.Certificates = slices.Clone(chosen)
	if s.GetCertificate != nil {
		source := &certificate.Source{Name: settings.TlsCertificateName, Fqdn: in.Fqdn(), Others: chosen,
			Get: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.GetCertificate(in, hello) }}
		// With Certificates, crypto/tls doesn't ask if the client names no host.
		config.Certificates, config.GetCertificate = nil, source.Certificate
	}
	if logon.Asks(settings) {
		// Verified by certificate.Client: a client with a bad certificate is served, but
		// it isn't a Partner.
		config.ClientAuth = tls.RequestClientCert
	}
	if s.TLSConfig != nil {
		s.TLSConfig(in, config)
	}
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return nil, nil
	}
	return config, floor.Harden(config)
}

// floorOf returns the least that a connector with these settings accepts of TLS.
func floorOf(r *connector.Receive) mailtls.Floor {
	versions := map[param.TlsVersion]uint16{param.Tls10: tls.VersionTLS10, param.Tls11: tls.VersionTLS11, param.Tls12: tls.VersionTLS12, param.Tls13: tls.VersionTLS13}
	floor := mailtls.Floor{MinVersion: versions[r.TlsMinimumVersion], Until: r.TlsLegacyEndDate.End()}
	for _, s := range r.TlsLegacyCipherSuites {
		floor.CipherSuites = append(floor.CipherSuites, uint16(s))
	}
	return floor
}
