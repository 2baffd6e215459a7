package certificate

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// Source finds the certificate for a handshake where a function is asked for it.
type Source struct {
	// Get may return nil without an error: then one of Others is taken.
	Get    func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Name   string            // a TlsCertificateName, which Get's certificate must have; "": any
	Fqdn   string            // the connector's
	Others []tls.Certificate // by Choose
}

// Certificate has the form of tls.Config.GetCertificate. It asks Get for the host that the
// client names, and for Fqdn if that fails or the client names none, as most mail servers.
func (s *Source) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := hello.ServerName
	if host == "" {
		host = s.Fqdn
	}
	c, err := s.get(hello, host)
	if err != nil && !strings.EqualFold(host, s.Fqdn) {
		c, err = s.get(hello, s.Fqdn)
	}
	if err != nil {
		// Not wrapped: a lost connection to an authority isn't a lost client.
		return nil, fmt.Errorf("no certificate for %s: %v", s.Fqdn, err)
	}
	var names []string
	if c != nil {
		leaf, err := leafOf(c)
		if err != nil {
			return nil, fmt.Errorf("the certificate for %s: %w", s.Fqdn, err)
		}
		has := Name(leaf)
		want, err := wanted(s.Name)
		if err != nil {
			return nil, err
		}
		if s.Name == "" || has.Equal(want) {
			return c, nil
		}
		names = append(names, has.String())
	}
	for i := range s.Others {
		if hello.SupportsCertificate(&s.Others[i]) == nil {
			return &s.Others[i], nil
		}
	}
	switch {
	case len(s.Others) > 0:
		return &s.Others[0], nil
	case s.Name != "":
		return nil, fmt.Errorf("TlsCertificateName %s: no certificate has that name%s", s.Name, instead(names))
	}
	return nil, fmt.Errorf("no certificate for %s", s.Fqdn)
}

// get asks Get for the certificate of host.
func (s *Source) get(hello *tls.ClientHelloInfo, host string) (*tls.Certificate, error) {
	asked := *hello
	asked.ServerName = host
	return s.Get(&asked)
}
