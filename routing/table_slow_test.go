package routing_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// slowPath is a way through the sites.
type slowPath struct {
	cost, hops int
	last       string // site before the destination
	maxSize    int64
}

// slowPaths finds every simple path from one site to another.
func slowPaths(links []routing.SiteLink, from, to string, seen []string, p slowPath) []slowPath {
	if from == to {
		return []slowPath{p}
	}
	var all []slowPath
	seen = append(slices.Clone(seen), from)
	for _, l := range links {
		if !slices.Contains(l.Sites, from) {
			continue
		}
		for _, next := range l.Sites {
			if slices.Contains(seen, next) {
				continue
			}
			q := slowPath{p.cost + l.Cost, p.hops + 1, from, p.maxSize}
			if l.MaxSize != 0 {
				q.maxSize = min(q.maxSize, l.MaxSize)
			}
			all = append(all, slowPaths(links, next, to, seen, q)...)
		}
	}
	return all
}

// slowBest returns the path that mail takes, by the rule in Topology's doc.
func slowBest(links []routing.SiteLink, from, to string) (slowPath, bool) {
	all := slowPaths(links, from, to, nil, slowPath{maxSize: math.MaxInt64})
	if len(all) == 0 {
		return slowPath{}, false
	}
	return slices.MinFunc(all, func(a, b slowPath) int {
		return cmp.Or(a.cost-b.cost, a.hops-b.hops, strings.Compare(a.last, b.last), cmp.Compare(b.maxSize, a.maxSize))
	}), true
}

// slowOffer is what one address space of one connector offers.
type slowOffer struct {
	route       int
	space       routing.AddressSpace
	specificity int
	cost, near  int
	via         string
	tooSmall    bool
}

// slowReach returns the source server that is taken, the path's cost and
// largest size, and whether there is one.
func slowReach(t routing.Topology, sources []string) (o slowOffer, maxSize int64, sameSite, ok bool) {
	if len(sources) == 0 || slices.Contains(sources, t.Local) {
		return slowOffer{}, math.MaxInt64, true, true
	}
	site := map[string]string{}
	for _, s := range t.Servers {
		site[s.Name] = s.Site
	}
	slices.Sort(sources)
	for _, name := range sources {
		p, reached := slowBest(t.Links, site[t.Local], site[name])
		if !reached {
			continue
		}
		near := 1 + p.hops
		if !ok || p.cost < o.cost || p.cost == o.cost && near < o.near {
			o, maxSize, ok = slowOffer{cost: p.cost, near: near, via: name}, p.maxSize, true
		}
		sameSite = sameSite || p.hops == 0
	}
	return o, maxSize, sameSite, ok
}

// slowTable answers straight from Exchange's rules: look at all address
// spaces of all connectors, drop what does not fit, and take the best.
func slowTable(t routing.Topology, routes []routing.Connector, q routing.Query) routing.Match {
	edge := false
	for _, s := range t.Servers {
		edge = edge || s.Name == t.Local && s.Edge
	}
	var offers []slowOffer
	for i, r := range routes {
		o, maxSize, sameSite, ok := slowReach(t, slices.Clone(r.Sources))
		if r.Disabled || !ok || r.Scoped && !sameSite {
			continue
		}
		if r.MaxSize != 0 {
			maxSize = min(maxSize, r.MaxSize)
		}
		for _, s := range r.Spaces {
			matches := s.Matches(q.Domain) && !(q.Exact && s.Space() == "*") || s.Space() == "--" && q.Accepted && edge
			if matches {
				o := o
				o.route, o.space, o.cost, o.tooSmall = i, s, o.cost+s.Cost(), q.Size > maxSize
				switch {
				case s.Space() == "*":
				case s.Space() == "--":
					o.specificity = 1
				case s.Space() == q.Domain.String():
					o.specificity = math.MaxInt
				default:
					o.specificity = 1 + len(s.Space())
				}
				offers = append(offers, o)
			}
		}
	}
	fitting := slices.DeleteFunc(slices.Clone(offers), func(o slowOffer) bool { return o.tooSmall })
	switch {
	case len(offers) == 0:
		return routing.Match{}
	case len(fitting) == 0:
		return routing.Match{Outcome: routing.TooLarge}
	}
	best := slices.MinFunc(fitting, func(a, b slowOffer) int {
		return cmp.Or(cmp.Compare(b.specificity, a.specificity), a.cost-b.cost, a.near-b.near,
			strings.Compare(routes[a.route].Name, routes[b.route].Name))
	})
	return routing.Match{Outcome: routing.Routed, Index: best.route, Space: best.space, Cost: best.cost, Via: best.via}
}

// randomTopology has up to six sites with links of few different costs, so
// that ties are frequent.
func randomTopology(r *rand.Rand) routing.Topology {
	t := routing.Topology{Local: "s0"}
	for i := range 1 + r.IntN(5) {
		t.Servers = append(t.Servers, routing.Server{
			Name: fmt.Sprint("s", i), Site: string(rune('a' + r.IntN(6))), Edge: r.IntN(3) == 0,
		})
	}
	for range r.IntN(8) {
		l := routing.SiteLink{Cost: 1 + r.IntN(3)}
		for _, site := range r.Perm(6)[:2+r.IntN(2)] {
			l.Sites = append(l.Sites, string(rune('a'+site)))
		}
		if r.IntN(2) == 0 {
			l.MaxSize = int64(1 + r.IntN(4))
		}
		t.Links = append(t.Links, l)
	}
	return t
}

func randomRoutes(r *rand.Rand, t routing.Topology) []routing.Connector {
	routes := make([]routing.Connector, r.IntN(12))
	for i, name := range r.Perm(len(routes)) {
		route := &routes[i]
		*route = routing.Connector{
			Name: string(rune('a' + name)), MaxSize: int64(r.IntN(5)), Disabled: r.IntN(8) == 0, Scoped: r.IntN(4) == 0,
		}
		for range r.IntN(3) {
			route.Sources = append(route.Sources, t.Servers[r.IntN(len(t.Servers))].Name)
		}
		seen := map[string]bool{}
		for range r.IntN(6) {
			space := randomName(r)
			switch r.IntN(6) {
			case 0:
				space = "*"
			case 1:
				space = "--"
			case 2, 3:
				space = "*." + space
			}
			if !seen[space] {
				seen[space] = true
				route.Spaces = append(route.Spaces, routing.MustParseAddressSpace(fmt.Sprint(space, ";", 1+r.IntN(3))))
			}
		}
	}
	return routes
}

// TestTableAgainstSlow compares Lookup with the slow twin and with Explain.
func TestTableAgainstSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	outcomes := map[routing.Outcome]int{}
	for round := range 2000 {
		topology := randomTopology(r)
		routes := randomRoutes(r, topology)
		tbl := table(t, topology, routes...)
		for range 20 {
			q := routing.Query{
				Domain: routing.MustParseDomain(randomName(r)), Size: int64(r.IntN(6)),
				Exact: r.IntN(4) == 0, Accepted: r.IntN(2) == 0,
			}
			got, want := tbl.Lookup(q), slowTable(topology, routes, q)
			if got != want {
				t.Fatalf("round %d, %+v:\n got %+v\nwant %+v\n%+v\n%+v", round, q, got, want, topology, routes)
			}
			outcomes[got.Outcome]++
			m, candidates := tbl.Explain(q)
			if m != got {
				t.Fatalf("round %d, %+v: Explain says %+v, Lookup %+v", round, q, m, got)
			}
			checkCandidates(t, m, candidates)
		}
	}
	for _, o := range []routing.Outcome{routing.Routed, routing.Unreachable, routing.TooLarge} {
		if outcomes[o] < 100 {
			t.Errorf("only %d of outcome %v: the inputs are no test", outcomes[o], o)
		}
	}
}

// checkCandidates checks that the record fits the answer: exactly one is
// chosen if any is, it comes first and is the answer, and every other one has
// a reason that is true beside it.
func checkCandidates(t *testing.T, m routing.Match, candidates []routing.Candidate) {
	t.Helper()
	for i, c := range candidates {
		if (c.Fate == routing.Chosen) != (i == 0 && m.Outcome == routing.Routed) {
			t.Fatalf("%v: candidate %d is %v in\n%s", m, i, c.Fate, lines(m, candidates))
		}
		if i == 0 {
			if c.Fate == routing.Chosen && (c.Index != m.Index || c.Space != m.Space || c.Cost != m.Cost || c.Via != m.Via) {
				t.Fatalf("%v: chosen is %v", m, c)
			}
			continue
		}
		best, ok := candidates[0], true
		switch c.Fate {
		case routing.LessSpecific:
			ok = c.Space.Compare(best.Space) > 0
		case routing.HigherCost:
			ok = c.Space.Space() == best.Space.Space() && c.Cost > best.Cost
		case routing.Farther:
			ok = c.Space.Space() == best.Space.Space() && c.Cost == best.Cost && c.Via != ""
		case routing.LaterName:
			ok = c.Space.Space() == best.Space.Space() && c.Cost == best.Cost && c.Connector > best.Connector
		}
		if !ok {
			t.Fatalf("%v is not true in\n%s", c.Fate, lines(m, candidates))
		}
	}
}
