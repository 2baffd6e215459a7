package ldap_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/verifiers/ldap/ldaptest"
)

// TestClose: a connection is kept for the next check until Close. Later checks, by sessions that
// go on with the previous configuration, keep none.
func TestClose(t *testing.T) {
	d, err := ldaptest.NewDirectory(
		ldaptest.Entry{DN: "uid=ann,dc=contoso,dc=com", Attributes: map[string][]string{"uid": {"ann"}, "mail": {"ann@contoso.com"}, "userPassword": {"tea"}}},
		ldaptest.Entry{DN: "cn=Staff,dc=contoso,dc=com", Attributes: map[string][]string{"cn": {"Staff"}, "member": {"uid=ann,dc=contoso,dc=com"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	v := verifierOf(d)
	ask := func(password auth.Secret, want error) {
		t.Helper()
		id, err := v.Verify(t.Context(), auth.Credentials{Username: "ann@contoso.com", Password: password}, auth.Channel{})
		if !errors.Is(err, want) || want == nil && (id.Name != "ann" || !id.Is(permission.NameSID("Staff")) || len(id.Addresses) != 1) {
			t.Errorf("%v, %v", id, err)
		}
	}
	open := func(n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := d.WaitOpen(ctx, n); err != nil {
			t.Error(err)
		}
	}
	ask("tea", nil)
	ask("milk", auth.ErrBadCredentials)
	ask("tea", nil)
	if d.Served() != 1 {
		t.Errorf("%d connections for three checks", d.Served())
	}
	open(1)
	v.Close()
	open(0)
	ask("tea", nil)
	ask("milk", auth.ErrBadCredentials)
	if d.Served() != 3 {
		t.Errorf("%d connections", d.Served())
	}
	open(0)
}
