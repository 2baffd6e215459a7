package exchange

import (
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// Certificate is a certificate that Get-ExchangeCertificate shows.
type Certificate struct {
	Thumbprint          string // the SHA-1 of the certificate, in hexadecimal
	Issuer, Subject     string // as TlsCertificateName writes them
	Domains             []string
	NotBefore, NotAfter time.Time
}

var certificateShape = object.NewShape("CertificateDomains", "Identity", "Issuer", "NotAfter", "NotBefore", "Services", "Subject", "Thumbprint")

// getCertificates is Get-ExchangeCertificate.
func (o *Org) getCertificates(call *object.Call) error {
	if err := o.noticeAll(call, schema.ExchangeCertificate.Rows); err != nil {
		return err
	}
	wanted := ""
	for _, name := range []string{"Identity", "Thumbprint"} {
		if v, given := call.Args[name]; given {
			text, err := single(v)
			if err != nil {
				return about(call, name, err)
			}
			wanted = text[strings.LastIndexByte(text, '\\')+1:]
		}
	}
	domains := object.Items(call.Args["DomainName"])
	found := false
	for i := range o.Certificates {
		c := &o.Certificates[i]
		if wanted != "" && !strings.EqualFold(wanted, c.Thumbprint) || !c.names(domains) {
			continue
		}
		found = true
		if err := call.Emit(o.certificateObject(c)); err != nil {
			return err
		}
	}
	if wanted != "" && !found {
		return about(call, "Identity", &NotFoundError{Noun: "ExchangeCertificate", Identity: wanted})
	}
	return nil
}

// names reports whether c is for all of the domains.
func (c *Certificate) names(domains []object.Value) bool {
	return !slices.ContainsFunc(domains, func(d object.Value) bool {
		return !slices.ContainsFunc(c.Domains, func(have string) bool { return strings.EqualFold(object.Text(d), have) })
	})
}

func (o *Org) certificateObject(c *Certificate) *object.Object {
	shown := certificateShape.Object("ExchangeCertificate", []object.Value{
		object.Strings(c.Domains), o.LocalName() + `\` + c.Thumbprint, c.Issuer, object.Time(c.NotAfter), object.Time(c.NotBefore),
		object.Flags{Type: "AllowedServices", Text: "SMTP"}, c.Subject, c.Thumbprint,
	})
	shown.Columns, shown.Text = []string{"Thumbprint", "Services", "Subject"}, c.Thumbprint
	return shown
}
