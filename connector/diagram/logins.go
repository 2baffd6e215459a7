package diagram

import (
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// shownRights are the rights that a drawing shows.
var shownRights = permission.SetOf(permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender)

// logins lists the users of a connector: all users, and the groups whose members have
// other rights. Members with more rights have another line; members with fewer are
// excepted from the line.
func logins(in *connector.Inbound) []visitor {
	l := partition.NewLogins(in.ACL(), nil, shownRights)
	rights := make([]permission.Set, len(l.Users))
	for i := range l.Users {
		rights[i] = in.ACL().Rights(l.Users[i].Principal).Intersect(shownRights)
	}
	var all []visitor
	for i, held := range rights {
		if slices.Index(rights, held) != i {
			continue
		}
		for _, c := range l.Crowds(func(j int) bool { return rights[j] == held }) {
			c.Unless = slices.DeleteFunc(c.Unless, func(lists [][]string) bool {
				return rightsOf(in, slices.Concat(c.In, lists)).HasAll(held)
			})
			for _, name := range crowdNames(c) {
				all = append(all, visitor{name: name, rights: held})
			}
		}
	}
	return all
}

// rightsOf returns the rights of members of the first group of each list.
func rightsOf(in *connector.Inbound, lists [][]string) permission.Set {
	user := permission.Principal{SIDs: []permission.SID{permission.SIDAuthenticatedUsers}}
	for _, list := range lists {
		user.SIDs = append(user.SIDs, permission.SID(list[0]))
	}
	return in.ACL().Rights(user)
}

// crowdNames names the members of a crowd, each group in a separate line if membership
// in it suffices. It leaves out well-known groups: users who log on with a password
// aren't in them.
func crowdNames(c partition.Crowd) []string {
	if c.Rest {
		return []string{"other combinations of groups"}
	}
	in, ok := userGroups(c.In)
	if !ok {
		return nil
	}
	var others []string
	for _, lists := range c.Unless {
		if other, ok := userGroups(lists); ok {
			others = append(others, together(other))
		}
	}
	except := ""
	if others != nil {
		except = " but " + strings.Join(shortened(others), ", ")
	}
	switch len(in) {
	case 0:
		return []string{"users" + except}
	case 1:
		var names []string
		for _, name := range shortened(in[0]) {
			names = append(names, name+except)
		}
		return names
	}
	return []string{together(in) + except}
}

// userGroups names the groups that users may be in; false if a list has no such group.
func userGroups(lists [][]string) (names [][]string, ok bool) {
	for _, list := range lists {
		var groups []string
		for _, s := range list {
			if sid := permission.SID(s); !slices.Contains(wellKnown, sid) {
				groups = append(groups, sid.Name())
			}
		}
		if len(groups) == 0 {
			return nil, false
		}
		slices.Sort(groups)
		names = append(names, groups)
	}
	return names, true
}

// maxNamed is how many names a list in a drawing has.
const maxNamed = 10

// shortened returns the first of many names, and how many are left out.
func shortened(names []string) []string {
	if n := len(names) - maxNamed; n > 1 {
		return append(slices.Clone(names[:maxNamed]), strconv.Itoa(n)+" more")
	}
	return names
}

// together names members of one group of each list.
func together(lists [][]string) string {
	var texts []string
	for _, list := range lists {
		texts = append(texts, strings.Join(shortened(list), ", "))
	}
	slices.Sort(texts)
	return strings.Join(texts, " also in ")
}
