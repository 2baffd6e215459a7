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

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// tlsPolicy holds the demands on the connection to a next hop: those of the connector, and those
// of the domain's owner.
type tlsPolicy struct {
	connector.HopTLS
	published *HostPolicy // nil: the owner requires nothing
}

// tlsPolicy returns the demands of h's connector on c.
func (h *NextHop) tlsPolicy(c candidate) tlsPolicy {
	if h.key.via != "" {
		return tlsPolicy{} // inside the organisation: TLS if the server offers it
	}
	return tlsPolicy{HopTLS: h.out.TLS(h.key.domain, c.smart)}
}

// errCertificate is the error of a certificate that doesn't meet the connector's
// requirements.
var errCertificate = errors.New("certificate doesn't fit")

// errNotNamed is the error of a certificate for other names.
var errNotNamed = errors.New("it doesn't name")

// notNamed is the error of a certificate that isn't for name.
func notNamed(name string) error { return fmt.Errorf("%w: %w %s", errCertificate, errNotNamed, name) }

// errOwnCertificate is the error if this server lacks the certificate that the connector
// shows.
var errOwnCertificate = fmt.Errorf("%w: this server's", errCertificate)

// tlsConfig returns the configuration for h's handshake with host, nil for no TLS.
func (s *Sender) tlsConfig(h *NextHop, p tlsPolicy, host string, level tlsLevel) (*tls.Config, error) {
	if level == inTheClear || p.Never {
		return nil, nil
	}
	own, err := s.ownCertificates(h)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOwnCertificate, err)
	}
	cfg := &tls.Config{
		MinVersion:   tls.VersionTLS10,
		CipherSuites: slices.Clone(anyCipher),
		ServerName:   host,
		RootCAs:      s.rootCAs(),
		Certificates: slices.Clone(own),
		// Windows asks for a certificate in a second handshake.
		Renegotiation: tls.RenegotiateOnceAsClient,
		// The connector decides what is checked; verify does it.
		InsecureSkipVerify: true,
	}
	if level == plainHello {
		cfg.CurvePreferences = slices.Clone(classic)
	}
	if p.published != nil && p.published.ServerName != "" {
		cfg.ServerName = p.published.ServerName
	}
	roots := cfg.RootCAs
	if s.TLSConfig != nil && h.key.via == "" {
		s.TLSConfig(h.out, cfg)
		refuseByCertificate(cfg)
	}
	if p.Required {
		// RFC 8996; otherwise even TLS 1.0 is better than none (RFC 7435).
		mailtls.Floor{}.Raise(cfg)
	}
	also := cfg.VerifyConnection
	cfg.VerifyConnection = func(cs tls.ConnectionState) error {
		err := verify(p, roots, cs)
		if err == nil {
			err = p.published.verify(host, roots, cs.PeerCertificates)
		}
		if err != nil || also == nil {
			return err
		}
		return also(cs)
	}
	if level == plainHello && !p.Trusted && !p.published.checksCertificate() && cfg.InsecureSkipVerify {
		cfg.ServerName = ""
	}
	return cfg, nil
}

// refuseByCertificate makes the errors of the functions in cfg, a program's, errors of
// certificates: they don't lead to a connection in the clear.
func refuseByCertificate(cfg *tls.Config) {
	if f := cfg.VerifyConnection; f != nil {
		cfg.VerifyConnection = func(cs tls.ConnectionState) error { return refusedCertificate(f(cs)) }
	}
	if f := cfg.VerifyPeerCertificate; f != nil {
		cfg.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error { return refusedCertificate(f(raw, chains)) }
	}
	if f := cfg.GetClientCertificate; f != nil {
		cfg.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c, err := f(info)
			return c, refusedCertificate(err)
		}
	}
}

// refusedCertificate returns err, if it isn't nil, as an errCertificate.
func refusedCertificate(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errCertificate, err)
}

// isCertificate reports whether the handshake failed with err because of a certificate: the
// next hop's doesn't fit, or this server has none.
func isCertificate(err error) bool {
	var unverified *tls.CertificateVerificationError
	return errors.Is(err, errCertificate) || errors.As(err, &unverified)
}

// ownCertificates returns the certificates to show to a host that asks for one: none
// unless the connector says so, because some hosts hang up on an unknown one.
func (s *Sender) ownCertificates(h *NextHop) ([]tls.Certificate, error) {
	name := h.set.TlsCertificateName
	if h.key.via != "" || name == "" && !h.secure {
		return nil, nil
	}
	return certificate.Choose(name, h.name, s.certificates())
}

// blameCertificate returns err. If it is a TLS alert about certificates, it adds which
// certificate the host was shown.
func blameCertificate(err error, cfg *tls.Config) error {
	var alert *net.OpError
	if cfg == nil || cfg.GetClientCertificate != nil || !errors.As(err, &alert) || alert.Op != "remote error" || !strings.Contains(alert.Error(), "certificate") {
		return err
	}
	if len(cfg.Certificates) == 0 {
		return fmt.Errorf("%w (it was shown no certificate; TlsCertificateName names one to show)", err)
	}
	name := "the certificate"
	if leaf := cfg.Certificates[0].Leaf; leaf != nil {
		name += " " + leaf.Subject.String()
	}
	return fmt.Errorf("%w (it was shown %s)", err, name)
}

// verify checks the next hop's certificate.
func verify(p tlsPolicy, roots *x509.CertPool, cs tls.ConnectionState) error {
	if !p.Trusted {
		return nil
	}
	if len(cs.PeerCertificates) == 0 {
		return fmt.Errorf("%w: the next hop has none", errCertificate)
	}
	leaf := cs.PeerCertificates[0]
	if err := verifyChain(roots, cs.PeerCertificates); err != nil {
		return err
	}
	if p.Domain != "" && !names(leaf, p.Domain) {
		return notNamed(p.Domain)
	}
	if p.Host != "" && leaf.VerifyHostname(p.Host) != nil {
		return notNamed(p.Host)
	}
	return nil
}

// verifyChain checks that the first certificate of chain leads to one of roots.
func verifyChain(roots *x509.CertPool, chain []*x509.Certificate) error {
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: time.Now()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(opts); err != nil {
		return fmt.Errorf("%w: %w", errCertificate, err)
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
