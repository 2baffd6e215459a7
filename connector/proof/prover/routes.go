package prover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/routing"
)

// routes collects the ways of mail, by domain and size.
func (c *prover) routes(cuts []int64) {
	c.cert.SizeLimits = cuts
	var from []*partition.Ways
	for _, p := range c.policies {
		from = append(from, partition.NewWays(p, cuts, c.effort))
	}
	var all grouped[[]proof.Way]
	for i, cell := range c.domains.Cells {
		var ways []*partition.Way
		for _, w := range from {
			ways = append(ways, w.To(cell.Witness))
		}
		if c.effort.Exceeded() {
			return
		}
		joined := split(ways)
		c.effort.Spend(1000 * len(joined)) // to write and compare them
		all.add(i, joined)
	}
	for i, ways := range all.members {
		c.cert.Routes = append(c.cert.Routes, proof.Routes{Domains: all.places[i], Ways: ways})
	}
}

// split divides the sizes at the limits of all policies.
func split(from []*partition.Way) []proof.Way {
	var ways []proof.Way
	above := int64(-1)
	for {
		way := proof.Way{Above: above}
		for _, w := range from {
			if w.Upto > 0 && (way.Upto == 0 || w.Upto < way.Upto) {
				way.Upto = w.Upto
			}
			name, answer := wayOf(w.Route)
			way.Connectors, way.Answers = append(way.Connectors, name), append(way.Answers, answer)
		}
		if n := len(ways) - 1; n >= 0 && slices.Equal(ways[n].Connectors, way.Connectors) && slices.Equal(ways[n].Answers, way.Answers) {
			ways[n].Upto = way.Upto
		} else {
			ways = append(ways, way)
		}
		if way.Upto == 0 {
			return ways
		}
		above = way.Upto
		for i, w := range from {
			if w.Upto == above {
				from[i] = w.Next
			}
		}
	}
}

// wayOf returns the Send connector of a route, and its next hop in words.
func wayOf(r connector.Route) (name, answer string) {
	switch {
	case r.Outcome == routing.TooLarge:
		return "", proof.TooLarge
	case r.Outcome != routing.Routed:
		return "", proof.Unreachable
	case r.Via != nil:
		return r.Outbound.Name(), "server " + r.Via.Name
	}
	set := r.Outbound.Settings()
	var hosts []string
	for _, h := range set.SmartHosts {
		text, _ := h.MarshalText() // of a smart host that Compile took
		hosts = append(hosts, string(text))
	}
	slices.Sort(hosts)
	answer = "mail exchangers"
	if len(hosts) > 0 {
		answer = strings.Join(slices.Compact(hosts), " or ")
	}
	return r.Outbound.Name(), fmt.Sprintf("%s, port %d", answer, set.Port)
}
