package param

import (
	"fmt"
	"strings"
)

// SmtpX509Identifier names a certificate by issuer and subject, the form of
// TlsCertificateName: "<I>CN=Contoso CA, C=US<S>CN=mail.contoso.com". Both are
// X.500 names as Windows prints them, or as RFC 4514 has them; Equal compares them.
// The zero value names no certificate.
type SmtpX509Identifier struct {
	Issuer, Subject string
}

// ParseSmtpX509Identifier parses <I>issuer<S>subject. The letters of the markers may be
// small, as scripts write them.
func ParseSmtpX509Identifier(s string) (SmtpX509Identifier, error) {
	upper := markers.Replace(strings.TrimSpace(s))
	rest, ok := strings.CutPrefix(upper, "<I>")
	issuer, subject, both := strings.Cut(rest, "<S>")
	id := SmtpX509Identifier{strings.TrimSpace(issuer), strings.TrimSpace(subject)}
	if !ok || !both || !id.IsValid() {
		return SmtpX509Identifier{}, fmt.Errorf(
			"certificate name %q: the form is <I>issuer<S>subject, as in <I>CN=Contoso CA<S>CN=mail.contoso.com", s)
	}
	return id, nil
}

// markers makes the markers of a certificate's name large.
var markers = strings.NewReplacer("<i>", "<I>", "<s>", "<S>")

// IsValid reports whether both names are present and contain nothing that
// would end them.
func (id SmtpX509Identifier) IsValid() bool {
	return validX500(id.Issuer) && validX500(id.Subject)
}

func validX500(s string) bool {
	return strings.Contains(s, "=") && s == strings.TrimSpace(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == '<' || r == '>' || r < ' ' || r == 0x7f })
}

// Equal reports whether id and other name the same certificate, however their names are printed: Windows has
// O="Contoso, Ltd.", S=Ohio and E= where RFC 4514 has O=Contoso\, Ltd., ST=Ohio and the number of the type. Letter
// case and blanks don't matter; the order of the parts does.
func (id SmtpX509Identifier) Equal(other SmtpX509Identifier) bool {
	return sameX500(id.Issuer, other.Issuer) && sameX500(id.Subject, other.Subject)
}

// String returns the one-line form.
func (id SmtpX509Identifier) String() string { return "<I>" + id.Issuer + "<S>" + id.Subject }

// MarshalText implements [encoding.TextMarshaler].
func (id SmtpX509Identifier) MarshalText() ([]byte, error) {
	return marshal("certificate name", id)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *SmtpX509Identifier) UnmarshalText(text []byte) (err error) {
	*id, err = ParseSmtpX509Identifier(string(text))
	return err
}
