package ldap_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
)

// TestCheck: each mistake in the fields names its field and what would be right.
func TestCheck(t *testing.T) {
	tests := []struct {
		change func(*ldap.Verifier)
		want   string // "": no mistake
	}{
		{func(v *ldap.Verifier) {}, ""},
		{func(v *ldap.Verifier) { v.ActiveDirectory = true }, ""},
		{func(v *ldap.Verifier) { v.BindDN, v.BindPassword = `CONTOSO\mail`, "search" }, ""},
		{func(v *ldap.Verifier) { v.Filter, v.GroupFilter = "(&(uid={user})(active=TRUE))", "-" }, ""},
		{func(v *ldap.Verifier) {
			v.GroupFilter, v.GroupBaseDN = "(memberUid={name})", "ou=groups,dc=contoso,dc=com"
		}, ""},
		{func(v *ldap.Verifier) { v.Domain = "CONTOSO" }, ""},
		{func(v *ldap.Verifier) { v.URLs = nil }, "URLs: the servers of the directory are missing; give them as in ldaps://"},
		{func(v *ldap.Verifier) { v.URLs = []string{"ldaps://dc1", "dc2"} }, `URLs[1]: "dc2": give ldaps://HOST`},
		{func(v *ldap.Verifier) { v.URLs[1] = "ldaps://ann:hunter2@dc2" }, "URLs[1]: a URL of a server has no user; give ldaps://HOST, and the account that searches as BindDN"},
		{func(v *ldap.Verifier) { v.URLs[1] = "ldaps://ann:hunter2/x@dc2" }, "URLs[1]: a URL of a server has no user"},
		{func(v *ldap.Verifier) { v.URLs[1] = "ldaps://dc2:636/dc=contoso,dc=com" }, `URLs[1]: "ldaps://dc2:636/dc=contoso,dc=com": give ldaps://dc2:636, and where users are as BaseDN`},
		{func(v *ldap.Verifier) { v.URLs[1] = "ldaps://dc2?" }, `URLs[1]: "ldaps://dc2?": give ldaps://dc2, and`},
		{func(v *ldap.Verifier) { v.BindDN = "cn=mail" }, `BindPassword: the password of "cn=mail" is missing; give it, or leave BindDN out to search without a logon`},
		{func(v *ldap.Verifier) { v.BindPassword = "hunter2" }, "BindDN: a password is given, but not the account that it belongs to; give BindDN"},
		{func(v *ldap.Verifier) { v.BaseDN = "" }, "BaseDN: the entry below which users are is missing; give it as in dc=contoso,dc=com"},
		{func(v *ldap.Verifier) { v.BaseDN = "contoso.com" }, `BaseDN: "contoso.com" is not a distinguished name; the form is `},
		{func(v *ldap.Verifier) { v.GroupBaseDN = "groups" }, `GroupBaseDN: "groups" is not a distinguished name`},
		{func(v *ldap.Verifier) { v.Filter = "(objectClass=person)" }, "Filter: \"(objectClass=person)\" finds the same entries for every user; it must contain {user}"},
		{func(v *ldap.Verifier) { v.Filter = "(uid={user}" }, `Filter: "(uid={user}" is not a filter: `},
		{func(v *ldap.Verifier) { v.GroupFilter = "(objectClass=group)" }, "it must contain {dn} or {name}"},
		{func(v *ldap.Verifier) { v.GroupFilter = "(member={user})" }, "it must contain {dn} or {name}"},
		{func(v *ldap.Verifier) { v.Domain = "NT AUTHORITY" }, `Domain: "NT AUTHORITY" is not the name of a domain; the form is CONTOSO`},
		{func(v *ldap.Verifier) { v.Domain = `A\B` }, "is not the name of a domain"},
	}
	for i, tt := range tests {
		v := &ldap.Verifier{URLs: []string{"ldaps://dc1.contoso.com", "ldap://[2001:db8::1]:3389"}, BaseDN: "dc=contoso,dc=com"}
		tt.change(v)
		err := v.Check()
		var list source.Diagnostics
		if tt.want == "" {
			if err != nil {
				t.Errorf("row %d: %v", i, err)
			}
		} else if !errors.As(err, &list) || len(list) != 1 || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("row %d: %v; want %q", i, err, tt.want)
		}
	}
	var zero ldap.Verifier
	if list := source.Diagnostics(nil); !errors.As(zero.Check(), &list) || len(list) != 2 {
		t.Errorf("the zero Verifier: %v", list)
	}
}
