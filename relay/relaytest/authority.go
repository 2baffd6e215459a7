package relaytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Authority issues certificates for tests. It is safe for concurrent use.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// The validity of issued certificates is fixed: inside a testing/synctest
// bubble the clock stands at the year 2000.
var (
	validFrom   = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil  = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	expiredFrom = time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewAuthority returns an authority with a new key and the given name, which
// becomes the subject "CN=name".
func NewAuthority(name string) (*Authority, error) {
	cert, key, err := create(&x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             validFrom,
		NotAfter:              validUntil,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, nil)
	return &Authority{cert: cert, key: key}, err
}

// create makes a certificate with a new key, which the issuer signs; nil: the key itself.
func create(template *x509.Certificate, issuer *Authority) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("can't make a certificate: %w", err)
	}
	if issuer == nil {
		issuer = &Authority{cert: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.cert, &key.PublicKey, issuer.key)
	if err != nil {
		return nil, nil, fmt.Errorf("can't make a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// Pool returns a pool that trusts the authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	if a.cert != nil {
		pool.AddCert(a.cert)
	}
	return pool
}

// Certificate returns the authority's own certificate; nil if it is the zero Authority.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// Issue returns a certificate for names, host names or IP addresses, good for
// servers and clients. The first name is the subject's common name as well.
func (a *Authority) Issue(names ...string) (tls.Certificate, error) {
	return a.issue(validFrom, validUntil, names)
}

// IssueExpired returns a certificate like Issue's that has expired.
func (a *Authority) IssueExpired(names ...string) (tls.Certificate, error) {
	return a.issue(expiredFrom, validFrom, names)
}

func (a *Authority) issue(from, until time.Time, names []string) (tls.Certificate, error) {
	if a.cert == nil {
		return tls.Certificate{}, errors.New("an Authority that NewAuthority didn't make can't issue certificates")
	}
	template := &x509.Certificate{
		NotBefore:   from,
		NotAfter:    until,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for i, name := range names {
		if i == 0 {
			template.Subject.CommonName = name
		}
		if ip, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	leaf, key, err := create(template, a)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
