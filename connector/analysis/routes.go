package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// routeGroup is the domains whose routes differ in the same way.
type routeGroup struct {
	routeKey
	cells      []int32
	connectors map[string]bool
	first      *stretch // of the run that was added last
}

// keptCells is how many cells take as much memory as other things that an Effort counts.
const keptCells = 32

// routeKey identifies a routeGroup.
type routeKey struct {
	delta       *routeDelta
	above, upto int64
}

// routeComparer compares the routes of mail before and afterwards.
type routeComparer struct {
	*comparer
	ways      [2]*partition.Ways
	special   map[routing.Domain]bool // the domains to which next hops depend on the domain itself
	hops      hopCache
	deltas    map[[2]*nextHop][]*routeDelta
	same      map[routeDelta]*routeDelta
	stretches map[[2]*partition.Way]*stretch
	groups    map[routeKey]*routeGroup
	order     []*routeGroup
}

// routeChanges compares how mail leaves, domain by domain.
func (c *comparer) routeChanges() []Change {
	r := routeComparer{
		comparer: c, special: map[routing.Domain]bool{}, hops: hopCache{hops: map[hopKey]*nextHop{}, same: map[nextHop]*nextHop{}},
		deltas: map[[2]*nextHop][]*routeDelta{}, same: map[routeDelta]*routeDelta{},
		stretches: map[[2]*partition.Way]*stretch{}, groups: map[routeKey]*routeGroup{},
	}
	cuts := partition.Cuts(c.policies[0], c.policies[1])
	for i, p := range c.policies {
		r.ways[i] = partition.NewWays(p, cuts, c.effort)
		names := slices.Clone(c.configs[i].Transport.TLSSendDomainSecureList)
		for out := range p.Send() {
			names = append(names, out.Settings().TlsDomain)
		}
		for _, name := range names {
			if d, err := routing.ParseDomain(name); err == nil {
				r.special[d] = true
			}
		}
	}
	for i := range c.domains.Cells {
		r.compareCell(i)
	}
	changes := make([]Change, 0, len(r.order))
	finder := senderFinder{comparer: c, found: map[int][]sender{}}
	for _, g := range r.order {
		if !c.effort.Spend(len(c.domains.Cells)) {
			break
		}
		changes = append(changes, finder.change(g))
	}
	sortChanges(changes)
	return changes
}

// run is a difference in adjacent stretches.
type run struct {
	routeKey
	first, last *stretch
}

// compareCell adds the domains of a cell to the groups of its differences.
func (r *routeComparer) compareCell(cell int) {
	var open []run
	s, above := r.stretchesOf(r.domains.Cells[cell].Witness), int64(-1)
	for s != nil && r.effort.Spend(1) {
		if len(open) == 0 && len(s.deltas) == 0 {
			if s.changed == nil {
				return
			}
			s, above = s.changed, s.above
		}
		var next []run
		for _, d := range s.deltas {
			now := run{routeKey{d, above, s.upto}, s, s}
			if i := slices.IndexFunc(open, func(o run) bool { return o.delta == d }); i >= 0 {
				now.above, now.first = open[i].above, open[i].first
				open = slices.Delete(open, i, i+1)
			}
			next = append(next, now)
		}
		for _, o := range open {
			if s.blocked && (o.delta.aspect != AspectRoute || o.delta.before != "") {
				o.upto = 0 // larger messages never leave, so the limit isn't mentioned, unless mail can leave now
			}
			r.add(o, cell)
		}
		open, s, above = next, s.next, s.upto
	}
	for _, o := range open {
		r.add(o, cell)
	}
}

// add adds the domains of a cell to the group of a run.
func (r *routeComparer) add(o run, cell int) {
	g := r.groups[o.routeKey]
	if g == nil {
		g = &routeGroup{routeKey: o.routeKey, connectors: map[string]bool{}}
		r.groups[o.routeKey] = g
		r.order = append(r.order, g)
		r.effort.Keep(1)
	}
	if g.cells = append(g.cells, int32(cell)); len(g.cells)%keptCells == 0 {
		r.effort.Keep(1)
	}
	if g.first == o.first {
		return // its connectors were added
	}
	g.first = o.first
	for s := o.first; ; s = s.next {
		g.connectors[s.connector] = true
		if s == o.last {
			return
		}
	}
}

// senderFinder looks for sessions that may send to a domain, to show its route.
type senderFinder struct {
	*comparer
	found map[int][]sender // by class
}

// sender is a session that may send to a class of domains under as many of the policies as
// possible, and how large messages it may declare under each: 0 is no limit, and -1 none.
type sender struct {
	dialog   connector.Dialog
	passes   int
	declares [2]int64
}

// change returns the Change that a group describes.
func (f *senderFinder) change(g *routeGroup) Change {
	in := make([]bool, len(f.domains.Cells))
	for _, i := range g.cells {
		in[i] = true
	}
	d := g.delta
	change := Change{
		Aspect: d.aspect, Direction: d.direction, Subject: d.subject, Before: d.before, After: d.after,
		Above: g.above, UpTo: g.upto,
	}
	t := f.tree.termsOf(in)
	t.set(&change)
	change.Text = d.sentence(t.text(), sizesText(g.above, g.upto),
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
func (f *senderFinder) dialogs(cells []int32, size int64) []connector.Dialog {
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

// sessionSteps is the effort of opening the sessions of a pair of connectors.
const sessionSteps = 10_000

// maxTriedPairs is how many pairs of connectors are searched for a session that may
// declare a size, if others were found that may send.
const maxTriedPairs = 100

// senderTo returns a session that may send messages of that size to the class under
// as many of the policies as possible, preferably one that declares the size before
// the recipient is routed.
func (f *senderFinder) senderTo(class int, size int64) sender {
	all, ok := f.found[class]
	if !ok {
		all = f.sendersTo(class)
		f.found[class] = all
	}
	best, most := sender{}, -1
	for _, s := range all {
		n := 0
		for _, limit := range s.declares {
			if limit == 0 || size <= limit {
				n++
			}
		}
		if n > most {
			best, most = s, n
		}
	}
	return best
}

// sendersTo returns the sessions that may send to the class under as many of the policies as
// possible.
func (f *senderFinder) sendersTo(class int) []sender {
	var all []sender
	most := 0
	for place := range f.pairs {
		if place >= maxTriedPairs && most == len(f.policies) || !f.effort.Spend(sessionSteps) {
			break
		}
		for _, e := range f.sessionPairs(place, permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)) {
			passes := e.accepting(class)
			if passes > most {
				all, most = nil, passes
			}
			if passes == most && passes > 0 {
				all = append(all, sender{e.dialog(), passes, e.declares()})
			}
		}
	}
	return all
}

// declares returns how large messages the session may declare under each policy, as in sender.
func (e *sessionPair) declares() (most [2]int64) {
	for i, in := range e.inbounds {
		most[i] = -1
		if e.submit[i] && in.Settings().SizeEnabled != param.SizeDisabled {
			most[i] = e.opened[i].MaxSize()
		}
	}
	return most
}
