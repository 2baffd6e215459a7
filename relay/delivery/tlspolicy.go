package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
)

// tlsPolicy is what is asked of the channel to a next hop.
type tlsPolicy struct {
	never    bool
	required bool
	chain    bool   // the certificate must lead to a root
	domain   string // and name this: a host, "*.domain" or nothing
	exact    string // and this one without a wildcard
}

// tlsPolicy returns what h's connector asks of c.
func (h *NextHop) tlsPolicy(c candidate) tlsPolicy {
	if h.key.via != "" {
		return tlsPolicy{} // inside the organisation: whatever the server offers
	}
	level := h.set.TlsAuthLevel
	p := tlsPolicy{
		never:    h.set.IgnoreSTARTTLS,
		required: h.set.RequireTLS || level != connector.TlsAuthNone,
		chain:    level == connector.CertificateValidation || level == connector.DomainValidation,
	}
	if level == connector.DomainValidation {
		p.domain = h.set.TlsDomain
		if p.domain == "" {
			p.domain = h.key.domain.String()
		}
	}
	if h.secure {
		p.required, p.chain, p.domain = true, true, h.key.domain.String()
	}
	if h.set.SmartHostAuthMechanism.Has(auth.BasicAuthRequireTLS) && len(h.set.SmartHosts) > 0 {
		p.required, p.chain, p.exact = true, true, c.name
	}
	if p.required {
		p.never = false // validation refuses the pair; the stricter one counts
	}
	return p
}

// errCertificate says that a certificate isn't the one that is asked for.
var errCertificate = errors.New("certificate doesn't fit")

// tlsConfig returns the configuration for h's handshake with host; nil: no TLS.
func (s *Sender) tlsConfig(h *NextHop, p tlsPolicy, host string) (*tls.Config, error) {
	if p.never {
		return nil, nil
	}
	name := h.set.TlsCertificateName
	if h.key.via != "" {
		name = ""
	}
	ours, err := certificate.Choose(name, h.name, s.certificates())
	if err != nil {
		return nil, fmt.Errorf("%w: ours: %w", errCertificate, err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		ServerName:   host,
		Certificates: ours,
		// What is checked, and whether, is the connector's business, and done
		// by verify in this function's place.
		InsecureSkipVerify: true,
		VerifyConnection:   func(cs tls.ConnectionState) error { return s.verify(p, cs) },
	}, nil
}

// verify checks the hop's certificate.
func (s *Sender) verify(p tlsPolicy, cs tls.ConnectionState) error {
	if !p.chain {
		return nil
	}
	if len(cs.PeerCertificates) == 0 {
		return fmt.Errorf("%w: there is none", errCertificate)
	}
	leaf := cs.PeerCertificates[0]
	opts := x509.VerifyOptions{Roots: s.RootCAs, Intermediates: x509.NewCertPool(), CurrentTime: time.Now()}
	for _, c := range cs.PeerCertificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(opts); err != nil {
		return fmt.Errorf("%w: %w", errCertificate, err)
	}
	if p.domain != "" && !names(leaf, p.domain) {
		return fmt.Errorf("%w: it doesn't name %s", errCertificate, p.domain)
	}
	if p.exact != "" && !namesExactly(leaf, p.exact) {
		return fmt.Errorf("%w: it doesn't name %s exactly", errCertificate, p.exact)
	}
	return nil
}

// names reports whether leaf names domain; "*.contoso.com" is contoso.com and
// every name under it.
func names(leaf *x509.Certificate, domain string) bool {
	parent, wild := strings.CutPrefix(domain, "*.")
	if !wild {
		return leaf.VerifyHostname(domain) == nil
	}
	parent = strings.ToLower(parent)
	return slices.ContainsFunc(leaf.DNSNames, func(n string) bool {
		n = strings.ToLower(n)
		return n == parent || strings.HasSuffix(n, "."+parent)
	})
}

// namesExactly reports whether leaf names host, a name or an IP address,
// without the help of a wildcard.
func namesExactly(leaf *x509.Certificate, host string) bool {
	return slices.ContainsFunc(leaf.DNSNames, func(n string) bool { return strings.EqualFold(n, host) }) ||
		slices.ContainsFunc(leaf.IPAddresses, func(ip net.IP) bool { return sameIP(ip, host) })
}
