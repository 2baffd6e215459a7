package semantics

import (
	"cmp"
	"maps"
	"strings"
)

// distance says how far a server is from this one, or a site from this server's.
type distance struct {
	reached bool
	cost    int64 // of all links on the way
	// nearness is 0 for this server, 1 for a server in its site, and one more for each
	// link to another site.
	nearness int
	last     string // the last site before the one that is reached
	maxSize  int64  // of the messages that all links take
	via      string // the server; "": this one
}

// sameSite is the nearness of another server in the site of this one.
const sameSite = 1

// way returns the way to the nearest of the source servers of a Send connector.
// docs/routing.md "Routing", rules 4 and 5, and "Other servers and sites".
func (p *Policy) way(sources []string) distance {
	here := p.Here()
	if len(sources) == 0 {
		return distance{reached: true, maxSize: Unlimited}
	}
	sites := p.sites()
	var best distance
	for _, name := range sources {
		source := p.ServerNamed(name)
		way := sites[strings.ToLower(source.Site)]
		way.via = source.Name
		if strings.EqualFold(source.Name, here.Name) {
			way = distance{reached: true, maxSize: Unlimited}
		}
		if way.reached && (!best.reached || nearer(way, best) < 0) {
			best = way
		}
	}
	return best
}

// nearer compares the ways to two servers: the lower cost, then the nearer one, then the
// lower name.
func nearer(a, b distance) int {
	return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.nearness, b.nearness), compareNames(a.via, b.via))
}

// sites returns how far each site that can be reached is, by name in lower case. The way
// to a site leads over another one, so the ways are found again and again, each time
// from those that were found before, until nothing changes.
// docs/routing.md "Other servers and sites".
func (p *Policy) sites() map[string]distance {
	own := strings.ToLower(p.Here().Site)
	start := distance{reached: true, nearness: sameSite, maxSize: Unlimited}
	ways := map[string]distance{own: start}
	for {
		next := map[string]distance{own: start}
		for _, l := range p.Links {
			for _, from := range l.Sites {
				way, ok := ways[strings.ToLower(from)]
				if !ok {
					continue
				}
				longer := way.over(l, strings.ToLower(from))
				for _, to := range l.Sites {
					to = strings.ToLower(to)
					if known, ok := next[to]; to != own && (!ok || better(longer, known) < 0) {
						next[to] = longer
					}
				}
			}
		}
		if maps.Equal(ways, next) {
			return ways
		}
		ways = next
	}
}

// over is the way that goes on from a site over one more link.
func (d distance) over(l link, from string) distance {
	d.cost += l.Cost
	d.nearness++
	d.last = from
	if l.MaxSize > 0 {
		d.maxSize = min(d.maxSize, l.MaxSize)
	}
	return d
}

// better compares two ways to one site: the lower cost, then fewer links, then the one
// whose last site before comes first by name, then the one that takes larger messages.
func better(a, b distance) int {
	return cmp.Or(
		cmp.Compare(a.cost, b.cost),
		cmp.Compare(a.nearness, b.nearness),
		strings.Compare(a.last, b.last),
		cmp.Compare(b.maxSize, a.maxSize),
	)
}
