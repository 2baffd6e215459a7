package prover

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/permission"
)

// accessLists collects the groups of equal power of each pair.
func (c *prover) accessLists() {
	var lists grouped[[]proof.Groups]
	for place := range c.pairs {
		c.room -= lists.add(place, c.groups(&c.pairs[place]))
	}
	for i, groups := range lists.members {
		c.cert.AccessLists = append(c.cert.AccessLists, proof.AccessList{Connections: lists.places[i], Groups: groups})
	}
}

// groups returns the groups of the access lists of a pair, divided by their power.
func (c *prover) groups(p *pair) []proof.Groups {
	type power struct{ allow, deny [2]permission.Set }
	powers := map[permission.SID]power{}
	asked := setOf(proof.Rights())
	for i := range c.policies {
		for _, g := range p.in[i].ACL().Grants() {
			at := powers[g.To]
			at.allow[i] |= g.Allow.Intersect(asked)
			at.deny[i] |= g.Deny.Intersect(asked)
			powers[g.To] = at
		}
	}
	var classes grouped[[2][][]string] // what they allow, and what they deny
	sids := slices.Sorted(maps.Keys(powers))
	for i, sid := range sids {
		at := powers[sid]
		var value [2][][]string
		for j := range c.policies {
			value[0] = append(value[0], rightNames(at.allow[j]))
			value[1] = append(value[1], rightNames(at.deny[j]))
		}
		if at != (power{}) {
			classes.add(i, value)
		}
	}
	var all []proof.Groups
	for i, value := range classes.members {
		g := proof.Groups{Allow: value[0], Deny: value[1]}
		for _, at := range classes.places[i] {
			g.Members = append(g.Members, groupName(sids[at]))
		}
		slices.Sort(g.Members)
		all = append(all, g)
	}
	return all
}

// groupName returns the name of a group in the text of a policy: its own, if that is read
// back as the same SID.
func groupName(sid permission.SID) string {
	if who, err := permission.ParsePrincipal(sid.Name()); err == nil && len(who.SIDs) == 1 && who.SIDs[0] == sid {
		return sid.Name()
	}
	return string(sid)
}

// setOf returns the rights of that names.
func setOf(names []string) permission.Set {
	var set permission.Set
	for _, name := range names {
		r, _ := permission.ParseRight(name) // of package proof
		set |= permission.SetOf(r)
	}
	return set
}

func rightNames(set permission.Set) []string {
	names := []string{}
	for r := range set.All() {
		names = append(names, r.String())
	}
	slices.Sort(names)
	return names
}

// clients returns a client of each power that matters for a question on a pair, with the
// rows of their answers. Clients with certificates use TLS, as does everybody where
// connections begin with it.
func (c *prover) clients(p *pair, q *proof.SessionQuestion) []client {
	all := []client{{}}
	for _, who := range c.domains.Partners() {
		var names []string
		for _, d := range who.Partner {
			names = append(names, d.String())
		}
		slices.Sort(names)
		all = append(all, client{Who: who, row: proof.Row{Certificate: names}})
	}
	rights := setOf(q.Rights)
	acls := [2]*permission.ACL{p.in[0].ACL(), p.in[1].ACL()}
	seen := map[string]bool{}
	for _, user := range partition.Users(acls[0], acls[1], rights) {
		row := proof.Row{User: groupNames(user)}
		for i := range c.policies {
			row.Holds = append(row.Holds, rightNames(acls[i].Rights(user.Principal).Intersect(rights)))
		}
		key, _ := json.Marshal(row.Holds)
		if kind := string(key); !q.Servers && seen[kind] {
			continue // it differs in being a server
		} else {
			seen[kind] = true
		}
		all = append(all, client{Who: partition.Who{User: &user}, row: row})
	}
	var rows []client
	for _, who := range all {
		for _, tls := range []bool{false, true} {
			if tls || len(who.Partner) == 0 && !p.implicit {
				who.row.TLS = tls
				rows = append(rows, who)
			}
		}
	}
	return rows
}

// client is an identity of the partition and its row without answers.
type client struct {
	partition.Who
	row proof.Row
}

// groupNames returns the names of a user's groups besides Authenticated Users.
func groupNames(user auth.Identity) []string {
	names := []string{}
	for _, sid := range user.SIDs {
		if sid != permission.SIDAuthenticatedUsers {
			names = append(names, groupName(sid))
		}
	}
	slices.Sort(names)
	return names
}
