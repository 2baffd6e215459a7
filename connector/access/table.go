package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// Table has the access of all Receive connectors of a policy. It is immutable and safe for
// concurrent use. The zero Table has no rows.
type Table struct {
	connectors []*connector.Inbound // in the order of the policy
	of         []*list              // of each of connectors
	served     func() map[*connector.Inbound]place
}

// list is the access of connectors that have the same.
type list struct {
	entries []entry
}

// entry is the access of one principal.
type entry struct {
	who       permission.Principal // with the groups of its sessions
	sid       permission.SID
	held      permission.Set // by its sessions
	allowed   permission.Set // by the access list, and not denied
	denied    permission.Set
	noSession string // why no session is known as the principal; "" if some can be
}

// New computes the access of the Receive connectors of p, disabled ones included; none for nil.
func New(p *connector.Policy) *Table {
	t := &Table{served: sync.OnceValue(func() map[*connector.Inbound]place { return placesOf(p) })}
	same := map[string]*list{}
	for in := range p.Receive() {
		l := newList(in)
		key := l.key(in)
		if same[key] == nil {
			same[key] = l
		}
		t.connectors = append(t.connectors, in)
		t.of = append(t.of, same[key])
	}
	return t
}

func newList(in *connector.Inbound) *list {
	l := &list{}
	denied := map[permission.SID]permission.Set{}
	for _, g := range in.ACL().Grants() {
		denied[g.To] = denied[g.To].Union(g.Deny)
	}
	for _, sid := range principals(in.ACL()) {
		s, none := session(in, sid)
		e := entry{who: member(sid), sid: sid, held: s.Rights(), noSession: none}
		e.allowed = in.ACL().Rights(e.who)
		for _, sid := range e.who.SIDs {
			e.denied = e.denied.Union(denied[sid])
		}
		l.entries = append(l.entries, e)
	}
	return l
}

// key is equal for connectors whose rows are equal, reasons included.
func (l *list) key(in *connector.Inbound) string {
	var b strings.Builder
	for _, e := range l.entries {
		fmt.Fprintf(&b, "%s %x %s\n", e.sid, uint64(e.held), e.noSession)
	}
	for _, g := range in.ACL().Grants() {
		fmt.Fprintf(&b, "%s %x %x %x %x\n", g.To, uint64(g.Allow), uint64(g.Deny), uint64(g.Removed), uint16(g.Group))
	}
	return b.String() + groupsFrom(in)
}

// groupsFrom says where the permission groups of a connector come from; "" if no entry is from one.
func groupsFrom(in *connector.Inbound) string {
	for _, g := range in.ACL().Grants() {
		if g.Group == 0 {
			continue
		}
		for r := range g.Allow.All() {
			for _, e := range in.Entries(permission.Principal{SIDs: []permission.SID{g.To}}, r) {
				if e.Group != 0 {
					return e.Basis.Origin.String() + " " + e.Basis.Usage.String()
				}
			}
		}
	}
	return ""
}

// principals returns the principals that an access list has entries for: those that every organisation
// has, then the others by name.
func principals(acl *permission.ACL) []permission.SID {
	type named struct {
		sid  permission.SID
		rank int
		name string
	}
	seen := map[permission.SID]bool{}
	var all []named
	for _, g := range acl.Grants() {
		if seen[g.To] {
			continue
		}
		seen[g.To] = true
		rank := slices.Index(wellKnown, g.To)
		if rank < 0 {
			rank = len(wellKnown)
		}
		all = append(all, named{g.To, rank, g.To.Name()})
	}
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name), cmp.Compare(a.sid, b.sid))
	})
	sids := make([]permission.SID, len(all))
	for i := range all {
		sids[i] = all[i].sid
	}
	return sids
}

// wellKnown is the order of the well-known principals.
var wellKnown = []permission.SID{
	permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDPartners, permission.SIDExternallySecured,
	permission.SIDHubServers, permission.SIDEdgeServers, permission.SIDExchangeServers,
	permission.SIDLegacyServers, permission.SIDLegacyInterop,
}
