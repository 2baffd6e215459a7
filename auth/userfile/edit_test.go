package userfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

// A new file is its maker's alone.
func TestSaveNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	if err := parse(t, "# new\n").Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// SetPassword changes the password and nothing else: neither what else the line says
// nor how it is written, nor any other line.
func TestSetPassword(t *testing.T) {
	text := "# ours\r\nBob:" + bcryptOf(t, "tea") + ": Staff , Devices:bob@contoso.com,ann@[IPv6:2001:db8::1]\r\n\nann:" + bcryptOf(t, "milk") + "\n"
	f := parse(t, text)
	if err := f.SetPassword("bob", "coffee"); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if _, err := f.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	old, now := strings.Split(text, "\n"), strings.Split(out.String(), "\n")[1:] // without the secret for unknown users
	if len(now) != len(old) {
		t.Fatalf("%q became %q", text, &out)
	}
	for i := range old {
		was, is := strings.SplitN(old[i], ":", 3), strings.SplitN(now[i], ":", 3)
		if i == 1 {
			was[1], is[1] = "", ""
		}
		if strings.Join(was, ":") != strings.Join(is, ":") {
			t.Errorf("%q became %q", old[i], now[i])
		}
	}
	for _, file := range []*userfile.File{f, parse(t, out.String())} {
		id, err := verify(t, file, "BOB", "coffee")
		if err != nil || len(id.Addresses) != 2 {
			t.Errorf("with the new password: %v, %v", id, err)
		}
		if _, err := verify(t, file, "bob", "tea"); err == nil {
			t.Error("the old password is still right")
		}
		if _, err := verify(t, file, "ann", "milk"); err != nil {
			t.Errorf("another user: %v", err)
		}
	}
	if err := f.SetPassword("eve", "x"); !errors.Is(err, userfile.ErrNotFound) {
		t.Errorf("of no user: %v", err)
	}
	for _, bad := range []string{"", "a\x00b", strings.Repeat("x", 1025)} {
		if err := f.SetPassword("bob", auth.Secret(bad)); err == nil || errors.Is(err, userfile.ErrNotFound) {
			t.Errorf("password of %d bytes: %v", len(bad), err)
		}
	}
}

// Identify returns the identity that a line with the same fields gives.
func TestIdentify(t *testing.T) {
	f := parse(t, "bob@contoso.com:"+bcryptOf(t, "tea")+":CONTOSO\\Staff,Exchange Servers:ann@contoso.com,@fabrikam.com\n")
	want, err := f.Identity("bob@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	got, err := userfile.Identify("bob@contoso.com", []string{`CONTOSO\Staff`, "Exchange Servers"}, []string{"ann@contoso.com", "@fabrikam.com"})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := userfile.Identify("Exchange Servers", []string{"a:b"}, []string{"x"}); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}
