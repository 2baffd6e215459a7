package semantics

import (
	"cmp"
	"maps"
	"strings"
)

// distance says how far a server is from this one, or a site from this server's.
type distance struct {
	reached bool
	cost    int64 // of all Links on the way
	// nearness is 0 for this server, 1 for a server in its site, and one more for each
	// link to another site.
	nearness int
	last     string // the last site before the one that is reached
	maxSize  int64  // of the messages that all Links take
	via      string // the server; "": this one
}

// sameSite is the nearness of another server in the site of this one.
const sameSite = 1

// way returns the way to the nearest of the source servers of a Send connector.
// sites is the result of p.sites.
// docs/routing.md "Routing", rules 4 and 5, and "Other servers and sites".
func (p *Policy) way(sources []string, sites map[string]distance) distance {
	here := p.local
	if len(sources) == 0 {
		return distance{reached: true, maxSize: Unlimited}
	}
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
	own := strings.ToLower(p.local.Site)
	links := map[string][]link{} // by site
	for _, l := range p.Links {
		for _, site := range l.Sites {
			links[strings.ToLower(site)] = append(links[strings.ToLower(site)], l)
		}
	}
	ways := map[string]distance{own: {reached: true, nearness: sameSite, maxSize: Unlimited}}
	for due := neighbours(links, own); len(due) > 0; {
		changed := map[string]distance{}
		for site := range due {
			if way := wayTo(site, links[site], ways); site != own && way != ways[site] {
				changed[site] = way
			}
		}
		due = map[string]bool{}
		for site, way := range changed {
			ways[site] = way
			maps.Copy(due, neighbours(links, site))
		}
	}
	return ways
}

// neighbours returns the sites that a link joins with a site.
func neighbours(links map[string][]link, site string) map[string]bool {
	all := map[string]bool{}
	for _, l := range links[site] {
		for _, to := range l.Sites {
			all[strings.ToLower(to)] = true
		}
	}
	return all
}

// wayTo returns the best way to a site over a site that one of links joins with it.
func wayTo(site string, links []link, ways map[string]distance) (best distance) {
	for _, l := range links {
		for _, from := range l.Sites {
			from = strings.ToLower(from)
			if way, ok := ways[from]; ok && from != site {
				if longer := way.over(l, from); !best.reached || better(longer, best) < 0 {
					best = longer
				}
			}
		}
	}
	return best
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
