package certificate

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
)

// Client returns the certificate that the client has shown; nil if it has shown none. It is
// Verified if one of roots has issued it. The certificate of a mail server is good enough:
// public authorities no longer issue any for clients, and Exchange shows its server's.
func Client(state tls.ConnectionState, roots *x509.CertPool) *auth.Certificate {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	leaf := state.PeerCertificates[0]
	return &auth.Certificate{
		Verified: issued(state.PeerCertificates, roots),
		Names:    slices.Clone(leaf.DNSNames),
		Emails:   slices.Clone(leaf.EmailAddresses),
		Subject:  leaf.Subject.String(),
		Issuer:   leaf.Issuer.String(),
		SPKI:     sha256.Sum256(leaf.RawSubjectPublicKeyInfo),
	}
}

// issued reports whether one of roots has issued the first certificate of chain.
func issued(chain []*x509.Certificate, roots *x509.CertPool) bool {
	if roots == nil {
		return false
	}
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: intermediates,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	})
	return err == nil
}

// Exporter returns the tls-exporter of a connection (RFC 9266, section 4.2); nil before TLS
// 1.3 if the client lacks the extended master secret.
func Exporter(state tls.ConnectionState) []byte {
	const label, size = "EXPORTER-Channel-Binding", 32
	material, err := state.ExportKeyingMaterial(label, []byte{}, size)
	if err != nil {
		return nil
	}
	return material
}
