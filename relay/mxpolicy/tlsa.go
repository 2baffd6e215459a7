package mxpolicy

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// The fields of a TLSA record (RFC 6698, section 2.1; the names are those of RFC 7218).
const (
	usageTA, usageEE                             = 2, 3
	selectorCert, selectorSPKI                   = 0, 1
	matchingFull, matchingSHA256, matchingSHA512 = 0, 1, 2
)

// TLSA is a record of a host's certificate or of its authority's.
type TLSA struct {
	Usage, Selector, MatchingType uint8
	Data                          []byte
}

// tlsaRecords returns the TLSA records of an answer.
func tlsaRecords(a answer) (list []TLSA, err error) {
	for _, record := range a.records {
		r, ok := record.(*dns.TLSA)
		if !ok {
			continue
		}
		data, err := hex.DecodeString(r.Certificate)
		if err != nil {
			return nil, fmt.Errorf("a TLSA record can't be read: %w", err)
		}
		list = append(list, TLSA{r.Usage, r.Selector, r.MatchingType, data})
	}
	return list, nil
}

// String returns the record as in a zone file.
func (t TLSA) String() string {
	return fmt.Sprintf("%d %d %d %X", t.Usage, t.Selector, t.MatchingType, t.Data)
}

// IsUsable reports whether a mail server can be checked by the record (RFC 7672, section 3.1): its
// usage is 2 or 3, and the data can be what they should be.
func (t TLSA) IsUsable() bool {
	if t.Usage != usageTA && t.Usage != usageEE {
		return false
	}
	switch t.MatchingType {
	case matchingSHA256:
		return t.Selector <= selectorSPKI && len(t.Data) == sha256.Size
	case matchingSHA512:
		return t.Selector <= selectorSPKI && len(t.Data) == sha512.Size
	case matchingFull:
		var err error
		switch t.Selector {
		case selectorCert:
			_, err = x509.ParseCertificate(t.Data)
		case selectorSPKI:
			_, err = x509.ParsePKIXPublicKey(t.Data)
		default:
			return false
		}
		return err == nil
	}
	return false
}

// fits reports whether the record is one of c.
func (t TLSA) fits(c *x509.Certificate) bool {
	data, err := dns.CertificateToDANE(t.Selector, t.MatchingType, c)
	return err == nil && data == hex.EncodeToString(t.Data)
}

// usable returns the records by which a host is checked. Of records that differ in their digest
// only, those of the strongest one count (RFC 7671, section 9).
func usable(list []TLSA) []TLSA {
	var found []TLSA
	for _, t := range list {
		if t.IsUsable() {
			found = append(found, t)
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(t TLSA) bool {
		return t.MatchingType == matchingSHA256 && slices.ContainsFunc(found, func(other TLSA) bool {
			return other.MatchingType == matchingSHA512 && other.Usage == t.Usage && other.Selector == t.Selector
		})
	})
}

// errNoFit is the error of certificates that no record fits.
var errNoFit = errors.New("no TLSA record fits it")

// verify checks the certificates of a host, its own first, against usable records (RFC 7672,
// section 3). names are those that the host's certificate may have if a record is about its
// authority.
func verify(records []TLSA, names []string, chain []*x509.Certificate) error {
	if slices.ContainsFunc(records, func(t TLSA) bool { return t.Usage == usageEE && t.fits(chain[0]) }) {
		return nil // names and dates don't matter (RFC 7672, section 3.1.1)
	}
	roots, found := anchors(records, chain)
	if !found {
		return errNoFit
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: time.Now()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(opts); err != nil {
		return err
	}
	if !slices.ContainsFunc(names, func(name string) bool { return chain[0].VerifyHostname(name) == nil }) {
		return fmt.Errorf("a TLSA record names its authority, but it doesn't name %s", mailtls.List(names))
	}
	return nil
}

// anchors returns the certificates of authorities that a record is about: of those that the host
// has shown, and whole certificates in records. found is false if there is no such certificate.
func anchors(records []TLSA, chain []*x509.Certificate) (roots *x509.CertPool, found bool) {
	roots = x509.NewCertPool()
	for _, t := range records {
		if t.Usage != usageTA {
			continue
		}
		if t.Selector == selectorCert && t.MatchingType == matchingFull {
			if c, err := x509.ParseCertificate(t.Data); err == nil {
				roots.AddCert(c)
				found = true
			}
		}
		for _, c := range chain[1:] {
			if t.fits(c) {
				roots.AddCert(c)
				found = true
			}
		}
	}
	return roots, found
}
