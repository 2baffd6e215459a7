package jwt

import (
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Claims are the statements of a valid token.
type Claims struct {
	User    string   // the claim that has the user's name
	Groups  []string // the claim that lists the user's groups
	Scopes  []string // scopes and roles
	Expires time.Time
	All     map[string]any // all claims, as encoding/json reads them; not to be changed
}

// Identity returns the identity of c.User: it has the SIDs of Authenticated Users and of the names
// of its groups. If its name is an address, it has the SID of its name, too, and may send as it.
//
// Grants know users and groups by name only. So a user with another name has a SID that no grant to
// a name applies to: one who has chosen the name of a group, such as Scanners, would have the
// group's rights. A group that has the name of a well-known principal, such as Exchange Servers, is
// left out, so that a group at the provider can't make servers of users.
func (c Claims) Identity() auth.Identity {
	// permission.ParsePrincipal refuses such a name. The SID is the user's own, because limits count by it.
	sids := []permission.SID{permission.NameSID(`\` + c.User), permission.SIDAuthenticatedUsers}
	id := auth.Identity{Principal: permission.Principal{Name: c.User, SIDs: sids}}
	if own, err := routing.ParseAddress(c.User); err == nil {
		id.SIDs[0] = permission.NameSID(c.User)
		id.Addresses = append(id.Addresses, own)
	}
	for _, g := range c.Groups {
		if permission.CheckName(g) == nil {
			id.SIDs = append(id.SIDs, permission.NameSID(g))
		}
	}
	return id
}

// owns reports whether id may send as the address that the text user is.
func owns(id auth.Identity, user string) bool {
	a, err := routing.ParseAddress(user)
	return err == nil && id.Owns(a)
}

// words returns the texts of a claim that is a list, or one text with blanks between words.
func words(claim any) []string {
	if s, ok := claim.(string); ok {
		return strings.Fields(s)
	}
	return texts(claim)
}

// texts returns the texts of a claim that is a list, or the one text that it is.
func texts(claim any) []string {
	var all []string
	switch claim := claim.(type) {
	case string:
		all = append(all, claim)
	case []any:
		for _, v := range claim {
			if s, ok := v.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// clipList returns the first of all, as many as a line of a log shows.
func clipList(all []string) []string { return all[:min(len(all), 10)] }
