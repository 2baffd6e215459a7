package relay

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
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
	chosen, err := chooseCertificates(settings.TlsCertificateName, in.Fqdn(), certificates)
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

// chooseCertificates returns the certificates to offer, in order of
// preference. Among several crypto/tls picks by SNI and algorithm, and takes
// the first if nothing fits.
func chooseCertificates(name, fqdn string, all []tls.Certificate) ([]tls.Certificate, error) {
	var named, covering []tls.Certificate
	for i, c := range all {
		leaf, err := leafOf(&c)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %d: %w", i+1, len(all), err)
		}
		if name != "" && certificateName(leaf) == normalName(name) {
			named = append(named, c)
		}
		if leaf.VerifyHostname(fqdn) == nil {
			covering = append(covering, c)
		}
	}
	switch {
	case len(named) > 0:
		return named, nil
	case name != "":
		return nil, fmt.Errorf("TlsCertificateName %s: none of the %d certificates has that name", name, len(all))
	case len(covering) > 0:
		return covering, nil
	}
	return all, nil
}

// leafOf returns the certificate itself.
func leafOf(c *tls.Certificate) (*x509.Certificate, error) {
	if c.Leaf != nil {
		return c.Leaf, nil
	}
	if len(c.Certificate) == 0 {
		return nil, errors.New("it is empty")
	}
	return x509.ParseCertificate(c.Certificate[0])
}

// certificateName returns the name of a certificate in the form of
// TlsCertificateName, for comparison.
func certificateName(c *x509.Certificate) string {
	return normalName("<I>" + c.Issuer.String() + "<S>" + c.Subject.String())
}

// normalName removes what differs between the ways in which X.500 names are
// printed: letter case, and blanks around the parts. Windows puts a blank
// after each comma and Go none.
func normalName(name string) string {
	issuer, subject, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(name), "<i>"), "<s>")
	return normalParts(issuer) + "\n" + normalParts(subject)
}

func normalParts(name string) string {
	parts := strings.Split(name, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return strings.Join(parts, ",")
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
