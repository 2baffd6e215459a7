package relay

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
)

// cipherSuites are those of TLS 1.2 with forward secrecy and authenticated
// encryption (RFC 9325, section 4.2). TLS 1.3 has no others.
var cipherSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// errNoCertificate says that a connector needs a certificate and has none.
var errNoCertificate = errors.New("there is no certificate: set Server.Certificates")

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
	config := &tls.Config{
		Certificates: chosen,
		MinVersion:   tls.VersionTLS12,
		CipherSuites: cipherSuites,
	}
	if settings.DomainSecureEnabled {
		// Verified by peerNames: a certificate that is no good only means
		// that the client is nobody special, not that it is turned away.
		config.ClientAuth = tls.RequestClientCert
	}
	return config, nil
}

// peerNames returns the DNS names of the client's certificate if it leads to
// one of roots. Without roots nobody is verified: the system's are far too
// many to make somebody a partner by.
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
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil
	}
	return slices.Clone(leaf.DNSNames)
}
