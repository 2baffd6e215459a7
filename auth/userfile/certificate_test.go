package userfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

// TestVerifyCertificate: a verified certificate logs on as the user of one of its names, and
// as no other.
func TestVerifyCertificate(t *testing.T) {
	f, err := userfile.Parse("users", strings.NewReader("app@contoso.com:*\nscanner.contoso.com:*:Scanners\nann@contoso.com:*\n"))
	if err != nil {
		t.Fatal(err)
	}
	good := auth.Certificate{Verified: true, Names: []string{"other.contoso.com", "Scanner.Contoso.com"}, Emails: []string{"nobody@contoso.com", "App@contoso.com"}}
	unverified := good
	unverified.Verified = false
	none := auth.Certificate{Verified: true, Subject: "CN=ann@contoso.com", Names: []string{"contoso.com", "*.contoso.com"}}
	for _, row := range []struct {
		cert       *auth.Certificate
		user, want string
	}{
		{&good, "", "app@contoso.com"},
		{&good, "scanner.contoso.com", "scanner.contoso.com"},
		{&good, "APP@CONTOSO.COM", "app@contoso.com"},
		{&good, "ann@contoso.com", ""},
		{&good, "other.contoso.com", ""},
		{&unverified, "", ""},
		{&none, "", ""},
		{&none, "ann@contoso.com", ""},
		{nil, "app@contoso.com", ""},
	} {
		id, err := f.VerifyCertificate(t.Context(), row.user, auth.Channel{TLS: true, Certificate: row.cert})
		if id.Name != row.want || (row.want == "") != errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%+v as %q: %v, %v", row.cert, row.user, id, err)
		}
	}
	if m := auth.MethodsOf(f); m.Certificates == nil {
		t.Error("the file checks no certificates")
	}
}

// TestNoPassword: no password is that of a user without one, and it takes no SCRAM from the
// others.
func TestNoPassword(t *testing.T) {
	f, err := userfile.Parse("users", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.AddWithoutPassword("app@contoso.com", []string{"Apps"}, []string{"office@contoso.com"}); err != nil {
		t.Fatal(err)
	}
	if f.HasKeys() || !f.List()[0].NoPassword {
		t.Errorf("keys: %t, %+v", f.HasKeys(), f.List())
	}
	if err := f.Add("ann@contoso.com", "tea", nil, nil); err != nil || !f.HasKeys() {
		t.Errorf("keys: %t, %v", f.HasKeys(), err)
	}
	if err := f.AddWithoutPassword("APP@contoso.com", nil, nil); !errors.Is(err, userfile.ErrExists) {
		t.Errorf("added twice: %v", err)
	}
	for _, password := range []auth.Secret{"", "*", "tea"} {
		if _, err := f.Verify(t.Context(), auth.Credentials{Username: "app@contoso.com", Password: password}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%q: %v", password.Reveal(), err)
		}
	}
	if _, _, err := f.ScramKeys(t.Context(), "app@contoso.com", auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("keys of a user without a password: %v", err)
	}
	var text strings.Builder
	if _, err := f.WriteTo(&text); err != nil || !strings.Contains(text.String(), "\napp@contoso.com:*:Apps:office@contoso.com\nann@contoso.com:$argon2id$") {
		t.Errorf("%s, %v", &text, err)
	}
	if err := f.SetPassword("app@contoso.com", "coffee"); err != nil {
		t.Fatal(err)
	}
	if id, err := f.Verify(t.Context(), auth.Credentials{Username: "app@contoso.com", Password: "coffee"}, auth.Channel{}); err != nil || id.Name != "app@contoso.com" {
		t.Errorf("%v, %v", id, err)
	}
}
