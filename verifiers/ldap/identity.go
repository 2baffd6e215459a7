package ldap

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// identify returns the identity of the user of an entry.
func (v *Verifier) identify(l *conn, entry *ldap.Entry) (auth.Identity, error) {
	name := entry.GetEqualFoldAttributeValue(v.nameAttribute())
	qualified, err := v.qualify(name)
	if err != nil {
		return auth.Identity{}, fmt.Errorf("the entry %q has no usable %s: %w", entry.DN, v.nameAttribute(), err)
	}
	groups, err := v.groups(l, entry.DN, name)
	if err != nil {
		return auth.Identity{}, err
	}
	id := auth.Identity{Principal: permission.Authenticated(qualified, groups...)}
	add := func(text string) {
		a, err := routing.ParseAddress(text)
		if err == nil && !id.Owns(a) && len(id.Addresses) < maxAddresses {
			id.Addresses = append(id.Addresses, a)
		}
	}
	for _, attribute := range v.mailAttributes() {
		for _, value := range entry.GetEqualFoldAttributeValues(attribute) {
			if kind, address, ok := strings.Cut(value, ":"); ok && strings.EqualFold(kind, "smtp") { // proxyAddresses
				value = address
			}
			add(value)
		}
	}
	add(name)
	return id, nil
}

// groups returns the SIDs of the names of a user's groups. A group that has the name of a
// well-known principal, such as Exchange Servers, is left out, so that a group in the directory
// can't make servers of users.
func (v *Verifier) groups(l *conn, dn, name string) ([]permission.SID, error) {
	if v.GroupFilter == "-" {
		return nil, nil
	}
	base := v.GroupBaseDN
	if base == "" {
		base = v.BaseDN
	}
	filter := fill(v.groupFilter(), map[string]string{"dn": dn, "name": name})
	found, err := l.search(v.BindDN, v.BindPassword, base, filter, maxGroups, []string{v.groupAttribute()})
	if err != nil {
		return nil, err
	}
	var groups []permission.SID
	for _, entry := range found {
		if qualified, err := v.qualify(entry.GetEqualFoldAttributeValue(v.groupAttribute())); err == nil {
			groups = append(groups, permission.NameSID(qualified))
		}
	}
	return groups, nil
}

// qualify returns the name of a user or group in grants.
func (v *Verifier) qualify(name string) (string, error) {
	if name == "" {
		return "", errors.New("it is empty")
	}
	if v.Domain != "" {
		name = v.Domain + `\` + name
	}
	return name, permission.CheckName(name)
}
