package relay

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/certificate"
)

// ClientCertificate returns the certificate of a client as it counts for a Server with these
// ClientCAs. chain begins with that certificate; of an empty chain it returns nil.
func ClientCertificate(chain []*x509.Certificate, clientCAs *x509.CertPool) *auth.Certificate {
	return certificate.Client(tls.ConnectionState{PeerCertificates: chain}, clientCAs)
}
