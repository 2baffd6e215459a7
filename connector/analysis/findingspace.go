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

// usedSpace is an address space of a Send connector.
type usedSpace struct {
	out   *connector.Outbound
	space routing.AddressSpace
}

// spaces reports Send connectors and address spaces by which no mail ever leaves, and
// those that only the connectors' names decide between. Address spaces of types other
// than SMTP have no sessions and are left out.
func (c *checker) spaces() {
	used := map[usedSpace]bool{}
	busy := map[*connector.Outbound]bool{}
	for i := range c.ways {
		for _, way := range c.ways[i] {
			if out := way.Route.Outbound; out != nil {
				used[usedSpace{out, way.Route.Space}] = true
				busy[out] = true
			}
		}
	}
	for i, out := range c.outbounds {
		s := out.Settings()
		if !s.Enabled.Or(true) || s.IsScopedConnector && !out.Local() {
			continue // a scoped connector of another server serves its own site
		}
		if !busy[out] {
			c.reportSendUnused(i, out)
			continue
		}
		for j, space := range s.AddressSpaces {
			first := slices.Index(s.AddressSpaces, space) == j
			if space.IsSMTP() && (!used[usedSpace{out, space}] || !first) {
				c.reportSpaceUnused(i, j, out, space)
			}
		}
	}
	c.reportRouteTies()
}

func (c *checker) reportSendUnused(i int, out *connector.Outbound) {
	spaces := slices.DeleteFunc(slices.Clone(out.Settings().AddressSpaces), func(a routing.AddressSpace) bool { return !a.IsSMTP() })
	if len(spaces) == 0 {
		return
	}
	to := c.inSpace(slices.MinFunc(spaces, func(a, b routing.AddressSpace) int { return strings.Compare(a.String(), b.String()) }))
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeSendUnused, Severity: source.SeverityWarning, Path: source.Element("Send", i, out.Name()),
			Detail: "no mail leaves by it, for any recipient and of any size" + c.leavesBy(to),
			Fix:    "remove or disable it, or give it a lower cost or other address spaces",
		},
		Witness: c.sendTo(to),
		edit:    sendEdit(i, out, func(s *connector.Send) bool { return disable(&s.Enabled) }),
	})
}

func (c *checker) reportSpaceUnused(i, j int, out *connector.Outbound, space routing.AddressSpace) {
	to := c.inSpace(space)
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeSpaceUnused, Severity: source.SeverityWarning, Path: (source.Element("Send", i, out.Name()) + ".AddressSpaces").Index(j),
			Detail: fmt.Sprintf("no mail leaves by %v: another address space always wins%s", space, c.leavesBy(to)),
			Fix:    "remove it, or give it a lower cost",
		},
		Witness: c.sendTo(to),
		edit:    sendEdit(i, out, func(s *connector.Send) bool { return dropLast(&s.AddressSpaces, space) }),
	})
}

// inSpace returns a domain that an address space covers.
func (c *checker) inSpace(space routing.AddressSpace) routing.Domain {
	d := space.Domain()
	elsewhere := c.domains.Elsewhere()
	switch {
	case space.Kind() == routing.SpaceAccepted:
		for i := range c.domains.Cells {
			w := c.domains.Cells[i].Witness
			if typ, ok := c.policy.Accepted(w); ok && typ != routing.ExternalRelay {
				return w
			}
		}
	case d.IsValid():
		return c.domains.Cells[c.domains.Find(d)].Witness
	}
	return c.domains.Cells[elsewhere].Witness
}

// leavesBy names the connector by which mail for a domain leaves.
func (c *checker) leavesBy(to routing.Domain) string {
	route := c.ways[c.domains.Find(to)][0].Route
	if route.Outbound == nil {
		return ""
	}
	return fmt.Sprintf("; mail for %v leaves by %v of %q", to, route.Space, route.Outbound.Name())
}

// reportRouteTies finds address spaces that several connectors have at the same cost
// and distance. Groups of the same connectors are alike, so only one of them is
// examined.
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
	reported := map[[2]string]bool{}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		slices.SortFunc(group, func(a, b offer) int { return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.cost, b.cost)) })
		if asked[fmt.Sprint(group)] || len(group) < 2 {
			continue
		}
		asked[fmt.Sprint(group)] = true
		to := c.inSpace(spaces[key])
		for _, way := range c.ways[c.domains.Find(to)] {
			c.reportRouteTie(to, max(way.Above+1, 0), reported)
		}
	}
}

// reportRouteTie reports the connectors that lose only by their names.
func (c *checker) reportRouteTie(to routing.Domain, size int64, reported map[[2]string]bool) {
	var trace connector.Trace
	route := c.policy.Route(partition.Mailbox("user", to), size, &trace)
	for step := range trace.All() {
		pair := [2]string{route.Outbound.Name(), step.Candidate()}
		if step.Fate() != connector.FateLaterName || reported[pair] || pair[0] == pair[1] {
			continue
		}
		reported[pair] = true
		i := slices.IndexFunc(c.outbounds, func(o *connector.Outbound) bool { return o.Name() == pair[1] })
		c.report(Finding{
			Diagnostic: source.Diagnostic{
				Code: CodeRouteTie, Severity: source.SeverityWarning, Path: source.Element("Send", i, pair[1]) + ".AddressSpaces",
				Detail: fmt.Sprintf("mail for %v leaves by %s only because its name comes first: both have the address space %s at the same cost",
					to, strconv.Quote(pair[0]), route.Space.Space()),
				Fix: "give one of them a higher cost",
			},
			Witness: c.sendSized(to, size),
		})
	}
}
