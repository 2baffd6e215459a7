// Package certificate chooses the certificates that a connector offers, and reads those of
// clients.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
)

// ErrNoSuchName is the error of a TlsCertificateName that no certificate has.
var ErrNoSuchName = errors.New("has that name")

// Choose returns the certificates of all that a connector offers: with a name, a
// TlsCertificateName, the certificates of that name; otherwise those that cover fqdn,
// or all if none does. If none has the name (ErrNoSuchName), or one can't be read, that is an error.
// Among several, crypto/tls picks one that the other side can use.
func Choose(name, fqdn string, all []tls.Certificate) ([]tls.Certificate, error) {
	want, err := wanted(name)
	if err != nil {
		return nil, err
	}
	var named, covering []tls.Certificate
	var names []string
	for i, c := range all {
		leaf, err := leafOf(&c)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %d: %w", i+1, len(all), err)
		}
		has := Name(leaf)
		if names = append(names, has.String()); name != "" && has.Equal(want) {
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
		return nil, fmt.Errorf("TlsCertificateName %s: none of the %d certificates %w%s", name, len(all), ErrNoSuchName, instead(names))
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

// wanted reads a TlsCertificateName; "" is the zero identifier.
func wanted(name string) (want param.SmtpX509Identifier, err error) {
	if name != "" {
		err = want.UnmarshalText([]byte(name))
	}
	return want, err
}

// maxNames is how many names of certificates an error has.
const maxNames = 5

// instead is the end of an error about a name that no certificate has: the names that there are.
func instead(names []string) string {
	more := ""
	if n := len(names) - maxNames; n > 0 {
		names, more = names[:maxNames], fmt.Sprintf(" and %d more", n)
	}
	if len(names) == 0 {
		return ""
	}
	return "; there is " + strings.Join(names, " and ") + more
}

// Name returns the name of a certificate, as TlsCertificateName has it.
func Name(c *x509.Certificate) param.SmtpX509Identifier {
	return param.SmtpX509Identifier{Issuer: printed(c.RawIssuer, c.Issuer), Subject: printed(c.RawSubject, c.Subject)}
}

// printed returns a name with its parts in the order of the certificate, last first as everywhere. The String of
// a pkix.Name orders them by type.
func printed(raw []byte, name pkix.Name) string {
	var parts pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &parts); err != nil {
		return name.String() // of a certificate that wasn't parsed
	}
	return parts.String()
}
