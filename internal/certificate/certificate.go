// Package certificate chooses the certificates that a connector offers, and reads those of
// clients.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// ErrNoSuchName is the error of a TlsCertificateName that no certificate has.
var ErrNoSuchName = errors.New("has that name")

// Choose returns the certificates of all that a connector offers: with a name, a
// TlsCertificateName, the certificates of that name; otherwise those that cover fqdn,
// or all if none does. If none has the name (ErrNoSuchName), or one can't be read, that is an error.
// Among several, crypto/tls picks one that the other side can use.
func Choose(name, fqdn string, all []tls.Certificate) ([]tls.Certificate, error) {
	var named, covering []tls.Certificate
	for i, c := range all {
		leaf, err := leafOf(&c)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %d: %w", i+1, len(all), err)
		}
		if name != "" && nameOf(leaf) == normalName(name) {
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
		return nil, fmt.Errorf("TlsCertificateName %s: none of the %d certificates %w", name, len(all), ErrNoSuchName)
	case len(covering) > 0:
		return covering, nil
	}
	return all, nil
}

// leafOf returns the first certificate of a chain.
func leafOf(c *tls.Certificate) (*x509.Certificate, error) {
	if c.Leaf != nil {
		return c.Leaf, nil
	}
	if len(c.Certificate) == 0 {
		return nil, errors.New("it is empty")
	}
	return x509.ParseCertificate(c.Certificate[0])
}

// nameOf returns the name of a certificate in the form of
// TlsCertificateName, for comparison.
func nameOf(c *x509.Certificate) string {
	return normalName("<I>" + c.Issuer.String() + "<S>" + c.Subject.String())
}

// normalName removes the differences between printed forms of X.500 names: letter case
// and blanks around the parts. Windows puts a blank after each comma; Go doesn't.
func normalName(name string) string {
	issuer, subject, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(name), "<i>"), "<s>")
	return normalParts(issuer) + "\n" + normalParts(subject)
}

// normalParts removes the blanks around the parts of a name.
func normalParts(name string) string {
	parts := strings.Split(name, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return strings.Join(parts, ",")
}
