package certificate

import (
	"strings"
	"testing"
)

// Names of certificates compare alike however they are printed.
func FuzzNormalName(f *testing.F) {
	f.Add("<I>CN=Contoso CA, O=Contoso, C=US<S>CN=mail.contoso.com")
	f.Add("<i>cn=contoso ca,o=contoso,c=us<s>cn=MAIL.contoso.com")
	f.Fuzz(func(t *testing.T, name string) {
		issuer, subject, _ := strings.Cut(normalName(name), "\n")
		if again := normalName("<I>" + issuer + "<S>" + subject); !strings.ContainsAny(name, "<\n") && again != normalName(name) {
			t.Errorf("%q: %q, then %q", name, normalName(name), again)
		}
	})
}
