package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// routeTie is a Send connector that loses mail to others only by its name.
type routeTie struct {
	loser   string
	winner  string // the first of them
	space   string
	to      routing.Domain
	size    int64
	winners map[string]bool
}

// reportRouteTies finds address spaces that several connectors have at the same cost
// and distance. Groups of the same connectors are alike, so only one of them is
// examined. A connector that loses to several others is one finding.
func (c *checker) reportRouteTies() {
	type offer struct {
		name string
		cost int
	}
	groups := map[string][]offer{}
	spaces := map[string]routing.AddressSpace{}
	for _, out := range c.outbounds {
		if !out.Settings().Enabled.Or(true) {
			continue
		}
		for _, space := range out.Settings().AddressSpaces {
			if key := space.Space(); space.IsSMTP() {
				groups[key] = append(groups[key], offer{out.Name(), space.Cost()})
				spaces[key] = space
			}
		}
	}
	asked := map[string]bool{}
	var ties table[*routeTie]
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		slices.SortFunc(group, func(a, b offer) int { return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.cost, b.cost)) })
		if asked[fmt.Sprint(group)] || len(group) < 2 {
			continue
		}
		asked[fmt.Sprint(group)] = true
		c.tiesFor(c.inSpace(spaces[key]), &ties)
	}
	for _, name := range ties.keys {
		c.reportRouteTie(ties.rows[name])
	}
}

// tiesFor finds the connectors that lose mail to the domain only by their names. Those that lose to
// a connector by which some messages leave also lose to those by which smaller ones leave at the same
// cost, because larger messages only have fewer ways.
func (c *checker) tiesFor(to routing.Domain, ties *table[*routeTie]) {
	type offer struct{ name, space string }
	lost := map[offer]bool{} // to a connector that was found
	above := int64(-1)
	for way := c.ways[c.domains.Find(to)]; way != nil; above, way = way.Upto, way.Next {
		winner := offer{way.Route.Outbound.Name(), way.Route.Space.Space()}
		if way.Route.Outbound == nil || lost[winner] || !c.effort.Spend(tracedSteps*len(c.outbounds)) {
			continue
		}
		size := max(above+1, 0)
		var trace connector.Trace
		c.policy.Route(partition.Mailbox("user", to), size, &trace)
		for step := range trace.All() {
			loser := step.Candidate()
			if step.Fate() != connector.FateLaterName || loser == winner.name {
				continue
			}
			lost[offer{loser, winner.space}] = true
			tie := ties.row(loser, func() *routeTie {
				return &routeTie{loser, winner.name, winner.space, to, size, map[string]bool{}}
			})
			tie.winners[winner.name] = true
			c.effort.Keep(1)
		}
	}
}

// tracedSteps is the effort of a route with its reasons, for each Send connector.
const tracedSteps = 100

func (c *checker) reportRouteTie(t *routeTie) {
	i := slices.IndexFunc(c.outbounds, func(o *connector.Outbound) bool { return o.Name() == t.loser })
	others := ""
	if n := len(t.winners) - 1; n > 0 {
		others = fmt.Sprintf("; it loses other mail to %d more in this way", n)
	}
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeRouteTie, Severity: source.SeverityWarning, Path: source.Element("Send", i, t.loser) + ".AddressSpaces",
			Detail: fmt.Sprintf("mail for %v leaves by %s only because its name comes first: both have the address space %s at the same cost%s",
				t.to, strconv.Quote(t.winner), t.space, others),
			Fix: "give one of them a higher cost",
		},
		Witness: c.sendSized(t.to, t.size),
	})
}
