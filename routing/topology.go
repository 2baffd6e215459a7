package routing

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Server is a transport server of the organisation.
type Server struct {
	Name string // unique, in any letter case
	FQDN string // another name it is known by; may be empty
	Site string // Active Directory site; servers without one share a site
	Edge bool   // an Edge Transport server
}

// SiteLink joins sites: mail may go from each of them to each other one.
type SiteLink struct {
	Name    string
	Sites   []string // two or more, in any letter case
	Cost    int      // 1 or more
	MaxSize int64    // bytes, 0: unlimited
}

// Topology is where the servers are. The zero Topology is one server alone,
// without a name.
//
// Mail takes the path with the lowest sum of link costs; among equals the one
// with the fewest links, then the one whose last site before the destination
// comes first by name. Sizes don't influence the choice: a link on that path that
// is too small for a message makes the connectors behind it too small.
type Topology struct {
	Local   string     // name of this server; must be in Servers unless that is empty
	Servers []Server   // all servers that connectors name, this one included
	Links   []SiteLink // may pass through sites that have no server
}

// proximity is the distance of the nearest source server of a connector: this
// server, a server in this site, or one in another site, then the number of links
// to it (Exchange's topic "Mail routing in Exchange Server",
// https://learn.microsoft.com/exchange/mail-flow/mail-routing/mail-routing).
type proximity int

const (
	nearLocal proximity = iota
	nearSite
	nearRemote // over one link; one more for each further link
)

// path is the best path from the local site to another one.
type path struct {
	known   bool
	cost    int
	hops    int
	from    string // last site before the destination
	maxSize int64  // of its smallest link, 0: unlimited
}

// better reports whether mail takes p rather than q.
func (p path) better(q path) bool {
	if !q.known {
		return true
	}
	return cmp.Or(
		cmp.Compare(p.cost, q.cost),
		cmp.Compare(p.hops, q.hops),
		strings.Compare(p.from, q.from),
		// Parallel links of one cost: the larger one.
		-cmp.Compare(sizeOrInf(p.maxSize), sizeOrInf(q.maxSize)),
	) < 0
}

func sizeOrInf(n int64) int64 {
	if n == 0 {
		return math.MaxInt64
	}
	return n
}

// minSize returns the smaller of two limits; 0 is unlimited.
func minSize(a, b int64) int64 {
	if n := min(sizeOrInf(a), sizeOrInf(b)); n != math.MaxInt64 {
		return n
	}
	return 0
}

// network is a checked Topology with the paths from the local server.
type network struct {
	servers map[string]*Server // by lower-case Name, and by FQDN where no Name is equal
	local   *Server
	paths   map[string]path // by lower-case site
}

// newNetwork checks t. If it adds problems, its result serves only to find
// further ones.
func newNetwork(t Topology, problems *problems) *network {
	n := &network{servers: make(map[string]*Server, 2*len(t.Servers))}
	n.addServers(t.Servers, problems)
	n.local = n.servers[strings.ToLower(t.Local)]
	switch {
	case n.local != nil:
	case len(t.Servers) == 0:
		n.local = &Server{Name: t.Local}
		n.servers[strings.ToLower(t.Local)] = n.local
	default:
		problems.add("Local", 0, "", source.CodeServerUnknown, "%s is not one of the servers", quoteInput(t.Local))
		n.local = new(Server)
	}
	links := checkLinks(t.Links, problems)
	n.paths = cheapestPaths(strings.ToLower(n.local.Site), links)
	return n
}

func (n *network) addServers(servers []Server, problems *problems) {
	for i := range servers {
		s := servers[i]
		key := strings.ToLower(s.Name)
		switch {
		case s.Name == "":
			problems.add("Servers", i, "Name", source.CodeNameMissing, "is empty")
		case n.servers[key] != nil:
			problems.add("Servers", i, "Name", source.CodeNameDuplicate, "%s is the name of another server already; give it another", quoteInput(s.Name))
		default:
			n.servers[key] = &s
		}
	}
	for i := range servers {
		key := strings.ToLower(servers[i].FQDN)
		if key != "" && n.servers[key] == nil {
			n.servers[key] = n.servers[strings.ToLower(servers[i].Name)]
		}
	}
}

// checkLinks returns the valid links, their sites in lower case.
func checkLinks(links []SiteLink, problems *problems) []SiteLink {
	good := make([]SiteLink, 0, len(links))
	for i, l := range links {
		before := len(*problems)
		if l.Cost < 1 || l.Cost > math.MaxInt32 {
			problems.add("Links", i, "Cost", source.CodeOutOfRange, "%d is not 1 to %d", l.Cost, math.MaxInt32)
		}
		if l.MaxSize < 0 {
			problems.add("Links", i, "MaxSize", source.CodeOutOfRange, "%d is negative; 0 is unlimited", l.MaxSize)
		}
		sites := make([]string, len(l.Sites))
		for j, site := range l.Sites {
			sites[j] = strings.ToLower(site)
			if slices.Contains(sites[:j], sites[j]) {
				problems.addItem("Links", i, "Sites", j, CodeSiteLink, quoteInput(site)+" is in the list twice")
			}
		}
		if len(sites) < 2 {
			problems.add("Links", i, "Sites", CodeSiteLink, "needs two sites or more")
		}
		if len(*problems) == before {
			l.Sites = sites
			good = append(good, l)
		}
	}
	return good
}

// cheapestPaths returns the best path from a site to every site that can be
// reached, by Dijkstra's algorithm. Sites are few, so the next one is found
// by looking at all.
func cheapestPaths(from string, links []SiteLink) map[string]path {
	bySite := make(map[string][]*SiteLink)
	for i := range links {
		for _, site := range links[i].Sites {
			bySite[site] = append(bySite[site], &links[i])
		}
	}
	open := map[string]path{from: {known: true}}
	done := make(map[string]path)
	for len(open) > 0 {
		site := nearestSite(open)
		p := open[site]
		delete(open, site)
		done[site] = p
		for _, link := range bySite[site] {
			next := path{true, p.cost + link.Cost, p.hops + 1, site, minSize(p.maxSize, link.MaxSize)}
			for _, to := range link.Sites {
				if !done[to].known && next.better(open[to]) {
					open[to] = next
				}
			}
		}
	}
	return done
}

// nearestSite returns the site with the cheapest path. Costs are positive, so
// any of several may be returned: going on from one to another costs more.
func nearestSite(open map[string]path) string {
	best, cost := "", math.MaxInt
	for site, p := range open {
		if p.cost < cost {
			best, cost = site, p.cost
		}
	}
	return best
}

// way is how a route's source server is reached.
type way struct {
	near    proximity
	cost    int
	maxSize int64
	via     string // "": this server
	inScope bool   // a source lies in the local site
	ok      bool   // a source can be reached
}

// wayTo returns the way to the nearest of the sources; no sources are the
// local server. All of them must be servers.
func (n *network) wayTo(sources []string) way {
	local := way{ok: true, inScope: true}
	if len(sources) == 0 {
		return local
	}
	var best way
	for _, name := range sources {
		s := n.servers[strings.ToLower(name)]
		if s == n.local {
			return local
		}
		w := n.wayToServer(s)
		if w.ok && (!best.ok || w.nearer(best)) {
			best = w
		}
	}
	return best
}

func (n *network) wayToServer(s *Server) way {
	if strings.EqualFold(s.Site, n.local.Site) {
		return way{near: nearSite, via: s.Name, inScope: true, ok: true}
	}
	p := n.paths[strings.ToLower(s.Site)]
	return way{near: nearRemote + proximity(p.hops-1), cost: p.cost, maxSize: p.maxSize, via: s.Name, ok: p.known}
}

// nearer reports whether mail takes w rather than v: lower cost, then
// proximity, then the name of the server.
func (w way) nearer(v way) bool {
	return cmp.Or(
		cmp.Compare(w.cost, v.cost),
		cmp.Compare(w.near, v.near),
		compareNames(w.via, v.via),
	) < 0
}

// compareNames orders names alphanumerically, without regard to letter case
// at first.
func compareNames(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}
