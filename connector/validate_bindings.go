package connector

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// listener is a port of one address family on one server. Its connectors compete for
// clients.
type listener struct {
	server string
	ipv4   bool
	port   uint16
}

// occupant is one binding of one connector on a listener.
type occupant struct {
	check   *receiveCheck
	binding int // index into Bindings
	addr    netip.Addr
}

// checkBindings applies the rules that compare several connectors: conflicts of
// bindings, conflicts of roles, and overlaps of ranges.
// It takes nearly linear time in connectors and ranges, so that it copes with a
// thousand connectors of ten thousand ranges each.
func (v *validator) checkBindings(checks []receiveCheck) {
	occupants := map[listener][]occupant{}
	var order []listener
	for i := range checks {
		c := &checks[i]
		for j, b := range c.r.Bindings {
			b = plainAddrPort(b)
			if !b.IsValid() || b.Port() == 0 {
				continue
			}
			l := listener{strings.ToLower(c.server.Name), b.Addr().Is4(), b.Port()}
			if occupants[l] == nil {
				order = append(order, l)
			}
			occupants[l] = append(occupants[l], occupant{c, j, b.Addr()})
		}
	}
	for _, l := range order {
		if len(occupants[l]) < 2 {
			continue
		}
		keys := clientKeys{ipv4: l.ipv4, known: map[*receiveCheck]rangeset.Key{}}
		v.checkRoles(byName(occupants[l]), &keys)
		v.checkConflicts(occupants[l], &keys)
	}
	for _, l := range order {
		v.checkOverlaps(occupants[l])
	}
}

// byName returns occupants in an order that doesn't depend on the Config's order.
func byName(occupants []occupant) []occupant {
	sorted := slices.Clone(occupants)
	slices.SortStableFunc(sorted, func(a, b occupant) int {
		return cmp.Or(cmp.Compare(a.check.r.Name, b.check.r.Name), a.addr.Compare(b.addr))
	})
	return sorted
}

// firstOccupants remembers the first occupant of each address of a listener.
type firstOccupants struct {
	any, wildcard *occupant
	byAddr        map[netip.Addr]*occupant
}

// add adds c. It returns an earlier occupant that shares an endpoint with c: the same
// address, or one of the two is the wildcard.
func (f *firstOccupants) add(c *occupant) *occupant {
	if f.byAddr == nil {
		f.byAddr = map[netip.Addr]*occupant{}
	}
	earlier := f.byAddr[c.addr]
	if earlier == nil {
		earlier = f.wildcard
	}
	if c.addr.IsUnspecified() {
		earlier = f.any
		f.wildcard = cmp.Or(f.wildcard, c)
	}
	f.any = cmp.Or(f.any, c)
	if f.byAddr[c.addr] == nil {
		f.byAddr[c.addr] = c
	}
	return earlier
}

// clientKeys are keys of the clients that connectors serve on a listener, which are
// clients of its address family.
type clientKeys struct {
	ipv4  bool
	known map[*receiveCheck]rangeset.Key
}

// of returns the key of a connector's clients; rangeset.Empty if it has no clients there.
func (k *clientKeys) of(c *receiveCheck) rangeset.Key {
	key, known := k.known[c]
	if !known {
		key = rangeset.KeyOf(c.r.RemoteIPRanges, k.ipv4)
		k.known[c] = key
	}
	return key
}

// checkConflicts: connectors of one role that share a binding and have identical remote
// ranges conflict. Ranges are identical if they contain the same addresses of the
// binding's family, in whatever pieces.
func (v *validator) checkConflicts(occupants []occupant, keys *clientKeys) {
	type group struct {
		role param.TransportRole
		key  rangeset.Key
	}
	groups := map[group]*firstOccupants{}
	for i := range occupants {
		c := &occupants[i]
		key := keys.of(c.check)
		if key == rangeset.Empty {
			continue
		}
		g := group{c.check.r.TransportRole, key}
		if groups[g] == nil {
			groups[g] = &firstOccupants{}
		}
		if earlier := groups[g].add(c); earlier != nil && earlier.check != c.check {
			c.check.bad(source.Path("Bindings").Index(c.binding), CodeBindingsConflict,
				"%v and RemoteIPRanges conflict with %s, which has %v for the same remote addresses; give one of them other bindings or ranges",
				c.check.r.Bindings[c.binding], earlier.check.path, earlier.check.r.Bindings[earlier.binding])
		}
	}
}

// checkRoles: in Exchange the services of different roles are processes, which
// compete for an endpoint. Here one process serves both.
func (v *validator) checkRoles(occupants []occupant, keys *clientKeys) {
	var roles [2]firstOccupants // by TransportRole
	for i := range occupants {
		c := &occupants[i]
		role := c.check.r.TransportRole
		if !role.IsValid() {
			continue
		}
		roles[role].add(c)
		// Look in the other role without recording c there.
		other := roles[1-role]
		var earlier *occupant
		switch {
		case c.addr.IsUnspecified():
			earlier = other.any
		case other.byAddr[c.addr] != nil:
			earlier = other.byAddr[c.addr]
		default:
			earlier = other.wildcard
		}
		if earlier != nil {
			v.sharedByRoles(c, earlier, keys)
		}
	}
}

// sharedByRoles warns of a binding that connectors of both roles have, and says which
// connector serves which clients. The warning is about the one that doesn't serve all
// clients, because the other is one of setup's as a rule.
func (v *validator) sharedByRoles(c, earlier *occupant, keys *clientKeys) {
	here := "the smallest range that holds a client decides"
	if key := keys.of(c.check); c.addr == earlier.addr && key != rangeset.Empty && key == keys.of(earlier.check) {
		front := c
		if earlier.check.r.TransportRole == param.FrontendTransport {
			front = earlier
		}
		here = string(front.check.path) + " serves their clients, which are the same, because it is the one with FrontendTransport"
	}
	everybody := rangeset.KeyOf(rangeset.Ranges(rangeset.All()), keys.ipv4)
	if keys.of(c.check) == everybody && keys.of(earlier.check) != everybody {
		c, earlier = earlier, c
	}
	c.check.doubt(source.Path("Bindings").Index(c.binding), CodeRoleConflict,
		"TransportRole is %v, and %v is shared with %s, whose TransportRole is %v; in Exchange two services would compete for the port, here one process serves both and %s",
		c.check.r.TransportRole, c.check.r.Bindings[c.binding], earlier.check.path, earlier.check.r.TransportRole, here)
}

// span is part of the remote ranges of an occupant.
type span struct {
	rangeset.Span
	owner *occupant
}

// checkOverlaps: ranges of connectors with the same binding should nest, because
// otherwise neither is more specific. A binding to all addresses doesn't compete with
// one to a specific address, which always wins.
func (v *validator) checkOverlaps(occupants []occupant) {
	byAddr := map[netip.Addr][]*occupant{}
	var order []netip.Addr
	for i := range occupants {
		a := occupants[i].addr
		if byAddr[a] == nil {
			order = append(order, a)
		}
		byAddr[a] = append(byAddr[a], &occupants[i])
	}
	for _, a := range order {
		if len(byAddr[a]) < 2 {
			continue
		}
		var spans []span
		for _, c := range byAddr[a] {
			for _, s := range rangeset.Union(c.check.r.RemoteIPRanges) {
				spans = append(spans, span{s, c})
			}
		}
		v.reportCrossings(spans)
	}
}

// reportCrossings warns of spans that overlap without nesting, once per pair
// of neighbours in a sweep from the lowest address up.
func (v *validator) reportCrossings(spans []span) {
	slices.SortFunc(spans, func(a, b span) int { return a.Compare(b.Span) })
	type pair struct{ a, b *receiveCheck }
	reported := map[pair]bool{}
	var open []span // each inside the one before it
	for _, s := range spans {
		for len(open) > 0 && open[len(open)-1].High.Less(s.Low) {
			open = open[:len(open)-1]
		}
		for len(open) > 0 && open[len(open)-1].High.Less(s.High) {
			o := open[len(open)-1]
			open = open[:len(open)-1]
			p := pair{o.owner.check, s.owner.check}
			if p.a == p.b || reported[p] {
				continue
			}
			reported[p] = true
			s.owner.check.doubt("RemoteIPRanges", CodeRangesOverlap,
				"%v-%v overlaps %v-%v of %s in part; let one hold the other, or the smaller range wins",
				s.Low, s.High, o.Low, o.High, o.owner.check.path)
		}
		open = append(open, s)
	}
}
