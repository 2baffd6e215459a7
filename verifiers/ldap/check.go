package ldap

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Check returns everything that is wrong with the fields of v as source.Diagnostics, each with
// the name of the field as its path; nil if v can be used. It asks no server.
func (v *Verifier) Check() error {
	var list source.Diagnostics
	bad := func(path source.Path, code source.Code, format string, args ...any) {
		list = append(list, source.Mistake(path, code, format, args...))
	}
	if len(v.URLs) == 0 {
		bad("URLs", source.CodeParameterMissing, "the servers of the directory are missing; give them as in ldaps://dc1.contoso.com")
	}
	for i, text := range v.URLs {
		if _, err := parseURL(text); err != nil {
			bad(source.Path("URLs").Index(i), source.CodeValueInvalid, "%w", err)
		}
	}
	switch {
	case v.BindDN == "" && v.BindPassword != "":
		bad("BindDN", source.CodeParameterMissing, "a password is given, but not the account that it belongs to; give BindDN")
	case v.BindDN != "" && v.BindPassword == "":
		bad("BindPassword", source.CodeParameterMissing, "the password of %q is missing; give it, or leave BindDN out to search without a logon", v.BindDN)
	}
	if v.BaseDN == "" {
		bad("BaseDN", source.CodeParameterMissing, "the entry below which users are is missing; give it as in dc=contoso,dc=com")
	}
	for _, base := range []struct {
		path source.Path
		dn   string
	}{{"BaseDN", v.BaseDN}, {"GroupBaseDN", v.GroupBaseDN}} {
		if _, err := ldap.ParseDN(base.dn); err != nil {
			bad(base.path, source.CodeValueInvalid, "%q is not a distinguished name; the form is dc=contoso,dc=com", base.dn)
		}
	}
	if err := checkFilter(v.filter(), "user"); err != nil {
		bad("Filter", source.CodeValueInvalid, "%w", err)
	}
	if err := checkFilter(v.groupFilter(), "dn", "name"); err != nil && v.GroupFilter != "-" {
		bad("GroupFilter", source.CodeValueInvalid, "%w", err)
	}
	if v.Domain != "" {
		if err := permission.CheckName(v.Domain + `\user`); err != nil || strings.Contains(v.Domain, `\`) {
			bad("Domain", source.CodeValueInvalid, "%q is not the name of a domain; the form is CONTOSO", v.Domain)
		}
	}
	return list.Err()
}

// checkFilter refuses a filter without any of the names in braces, which would find the same
// entries for every user.
func checkFilter(filter string, names ...string) error {
	values := make(map[string]string)
	var missing []string
	for _, name := range names {
		values[name] = "x"
		missing = append(missing, "{"+name+"}")
	}
	filled := fill(filter, values)
	if filled == filter {
		return fmt.Errorf("%q finds the same entries for every user; it must contain %s", filter, strings.Join(missing, " or "))
	}
	if _, err := ldap.CompileFilter(filled); err != nil {
		return fmt.Errorf("%q is not a filter: %s", filter, strings.TrimPrefix(err.Error(), `LDAP Result Code 201 "Filter Compile Error": ldap: `))
	}
	return nil
}
