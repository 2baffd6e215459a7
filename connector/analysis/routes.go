package analysis

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// sizeInterval is an interval of message sizes within which the routes of a domain
// don't change.
type sizeInterval struct {
	above, upto int64 // as in partition.Way
	hops        [2]*nextHop
	connector   string // the one that sends afterwards or, if there is no route then, before
}

// routeGroup is the domains whose routes differ in the same way.
type routeGroup struct {
	routeDelta
	above, upto int64
	cells       []int
	connectors  map[string]bool
}

// routeChanges compares how mail leaves, domain by domain.
func (c *comparer) routeChanges() []Change {
	cuts := partition.Cuts(c.policies[0], c.policies[1])
	hops := hopCache{hops: map[hopKey]*nextHop{}, same: map[nextHop]*nextHop{}}
	var groups table[*routeGroup]
	for i := range c.domains.Cells {
		to := c.domains.Cells[i].Witness
		var ways [2][]partition.Way
		for j, p := range c.policies {
			ways[j] = partition.Ways(p, to, cuts)
		}
		for _, g := range changedRoutes(hops.sizeIntervals(ways, to)) {
			key := fmt.Sprint(g.routeDelta, g.above, g.upto)
			row := groups.row(key, func() *routeGroup { return g })
			row.cells = append(row.cells, i)
			for name := range g.connectors {
				row.connectors[name] = true
			}
		}
	}
	changes := make([]Change, 0, len(groups.keys))
	finder := senderFinder{comparer: c, found: map[waysKey]sender{}}
	for _, key := range groups.keys {
		changes = append(changes, finder.change(groups.rows[key]))
	}
	sortChanges(changes)
	return changes
}

// hopCache returns the same pointer for equal next hops.
type hopCache struct {
	hops map[hopKey]*nextHop
	same map[nextHop]*nextHop
}

type hopKey struct {
	out     *connector.Outbound
	via     *routing.Server
	secured routing.Domain // the domain if that is domain-secured
}

func (h *hopCache) of(r connector.Route, to routing.Domain) *nextHop {
	key := hopKey{out: r.Outbound, via: r.Via}
	if r.Outbound.Secured(to) {
		key.secured = to
	}
	hop := h.hops[key]
	if hop == nil {
		made := newNextHop(r, to)
		if hop = h.same[made]; hop == nil {
			hop = &made
			h.same[made] = hop
		}
		h.hops[key] = hop
	}
	return hop
}

// sizeIntervals splits the sizes at the limits of both policies.
func (h *hopCache) sizeIntervals(ways [2][]partition.Way, to routing.Domain) []sizeInterval {
	var all []sizeInterval
	above := int64(-1)
	for i, j := 0, 0; i < len(ways[0]) && j < len(ways[1]); {
		a, b := ways[0][i], ways[1][j]
		s := sizeInterval{above: above, upto: smaller(a.Upto, b.Upto), hops: [2]*nextHop{h.of(a.Route, to), h.of(b.Route, to)}}
		for _, r := range []connector.Route{a.Route, b.Route} {
			if r.Outcome == routing.Routed {
				s.connector = r.Outbound.Name()
			}
		}
		all = append(all, s)
		above = s.upto
		if a.Upto == s.upto {
			i++
		}
		if b.Upto == s.upto {
			j++
		}
	}
	return all
}

// changedRoutes returns the differences for one domain. Adjacent intervals with the
// same difference are one.
func changedRoutes(all []sizeInterval) []*routeGroup {
	var found, open []*routeGroup
	for _, s := range all {
		var next []*routeGroup
		if s.hops[0] != s.hops[1] {
			for _, d := range s.hops[0].differ(s.hops[1]) {
				g := sameDelta(open, d)
				if g == nil {
					g = &routeGroup{routeDelta: d, above: s.above, connectors: map[string]bool{}}
					found = append(found, g)
				}
				g.upto = s.upto
				g.connectors[s.connector] = true
				next = append(next, g)
			}
		}
		if s.hops[0].hop == "" && s.hops[1].hop == "" {
			// Larger messages never leave, so the limit isn't mentioned, unless
			// mail can leave now.
			for _, g := range open {
				if g.aspect != AspectRoute || g.before != "" {
					g.upto = 0
				}
			}
		}
		open = next
	}
	return found
}

func sameDelta(open []*routeGroup, d routeDelta) *routeGroup {
	for _, g := range open {
		if g.routeDelta == d {
			return g
		}
	}
	return nil
}

// senderFinder looks for sessions that may send to a domain, to show its route.
type senderFinder struct {
	*comparer
	found map[waysKey]sender
}

// sender is a session that may send, and the number of policies that let it.
type sender struct {
	dialog connector.Dialog
	passes int
}

// change returns the Change that a group describes.
func (f *senderFinder) change(g *routeGroup) Change {
	in := make(map[int]bool, len(g.cells))
	for _, i := range g.cells {
		in[i] = true
	}
	change := Change{
		Aspect: g.aspect, Direction: g.direction, Subject: g.subject, Before: g.before, After: g.after,
		Above: g.above, UpTo: g.upto,
	}
	change.Domains, change.Except = f.tree.termsOf(in)
	change.Text = g.sentence(domainText(change.Domains, change.Except), sizesText(g.above, g.upto),
		connectorText("Send connector", g.connectors))
	change.Witness = f.bestWitness(&change, f.dialogs(g.cells, max(g.above+1, 0)))
	return change
}

// sizesText names the sizes of the messages that a change of routes is about.
func sizesText(above, upto int64) string {
	text := ""
	if above >= 0 {
		text = " of more than " + sizeText(above)
	}
	if upto > 0 {
		text += " of up to " + sizeText(upto)
	}
	if above >= 0 && upto > 0 {
		text = " of more than " + sizeText(above) + " and up to " + sizeText(upto)
	}
	return text
}

// dialogs returns sessions whose messages to one of the cells are accepted before and
// afterwards, one for each class.
func (f *senderFinder) dialogs(cells []int, size int64) []connector.Dialog {
	var all []connector.Dialog
	tried := map[int]bool{}
	for _, i := range cells {
		cell := &f.domains.Cells[i]
		if tried[cell.Class] {
			continue
		}
		tried[cell.Class] = true
		if s := f.senderTo(cell.Class, size); s.passes == len(f.policies) {
			s.dialog.To = []routing.Address{partition.Mailbox("user", cell.Witness)}
			s.dialog.Size = size
			all = append(all, s.dialog)
		}
	}
	return all
}

// maxTriedPairs is how many pairs of connectors are searched for a session that may
// declare a size, if others were found that may send.
const maxTriedPairs = 100

// senderTo returns a session that may send messages of that size to the class under
// as many of the policies as possible, preferably one that declares the size before
// the recipient is routed.
func (f *senderFinder) senderTo(class int, size int64) sender {
	key := waysKey{class, size}
	if best, ok := f.found[key]; ok {
		return best
	}
	best := sender{passes: -1}
	rank := -1
	const passing = 3 // passing counts more than declaring the size
	for place := range f.pairs {
		if best.passes == len(f.policies) && (rank == len(f.policies)*(passing+1) || place >= maxTriedPairs) {
			break
		}
		for _, e := range f.sessionPairs(place, permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)) {
			passes := e.accepting(class)
			if n := passing*passes + e.declaring(size); n > rank {
				best, rank = sender{e.dialog(), passes}, n
			}
		}
	}
	f.found[key] = best
	return best
}

// declaring returns how many policies let the session declare a message of that size.
func (e *sessionPair) declaring(size int64) int {
	n := 0
	for i, in := range e.inbounds {
		if e.submit[i] && in.Settings().SizeEnabled != param.SizeDisabled && e.opened[i].Mail(connector.Mail{Size: size}).Allowed() {
			n++
		}
	}
	return n
}
