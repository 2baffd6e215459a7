package mailtls

import (
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// CertificateFields follow "Sending certificate" or "Remote certificate" as the context of a
// line in Exchange's protocol logs.
const CertificateFields = " Subject Issuer name Serial number Thumbprint Not before Not after Subject alternate names"

// CertificateNote returns the values of these fields. The thumbprint is that of Windows.
func CertificateNote(c *x509.Certificate) string {
	utc := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	return fmt.Sprintf("%s %s %X %X %s %s %s", c.Subject, c.Issuer, c.SerialNumber, sha1.Sum(c.Raw), utc(c.NotBefore), utc(c.NotAfter), strings.Join(c.DNSNames, ";"))
}

// NegotiationNote returns the note of Exchange's protocol logs on a handshake that has succeeded.
// server says that this side accepted the connection.
func NegotiationNote(state tls.ConnectionState, server bool) string {
	side := "CLIENT"
	if server {
		side = "SERVER"
	}
	version := strings.NewReplacer("TLS 1.", "TLS1_").Replace(tls.VersionName(state.Version))
	return fmt.Sprintf("TLS protocol SP_PROT_%s_%s negotiation succeeded using cipher suite %s", version, side, tls.CipherSuiteName(state.CipherSuite))
}
