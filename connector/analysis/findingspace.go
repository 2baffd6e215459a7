package analysis

import (
	"fmt"
	"slices"
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
	seen := map[*partition.Way]bool{}
	for _, way := range c.ways {
		for ; way != nil && !seen[way]; way = way.Next {
			seen[way] = true
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
		c.reportSpacesUnused(i, out, used)
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

// reportSpacesUnused reports the address spaces of one connector that aren't used, in one finding.
func (c *checker) reportSpacesUnused(i int, out *connector.Outbound, used map[usedSpace]bool) {
	path := source.Element("Send", i, out.Name()) + ".AddressSpaces"
	spaces := out.Settings().AddressSpaces
	var unused []routing.AddressSpace
	for _, space := range spaces {
		if space.IsSMTP() && !used[usedSpace{out, space}] {
			unused = append(unused, space)
		}
	}
	if len(unused) == 0 {
		return
	}
	slices.SortFunc(unused, func(a, b routing.AddressSpace) int { return strings.Compare(a.String(), b.String()) })
	why, fix := "other address spaces always win", "remove them, or give them a lower cost"
	if len(unused) == 1 {
		path = path.Index(slices.Index(spaces, unused[0]))
		why, fix = "another address space always wins", "remove it, or give it a lower cost"
	}
	var names []string
	for _, space := range unused {
		names = append(names, space.String())
	}
	to := c.inSpace(unused[0])
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeSpaceUnused, Severity: source.SeverityWarning, Path: path,
			Detail: fmt.Sprintf("no mail leaves by %s: %s%s", list(names, " or "), why, c.leavesBy(to)),
			Fix:    fix,
		},
		Witness: c.sendTo(to),
		edit:    sendEdit(i, out, func(s *connector.Send) bool { return dropEach(&s.AddressSpaces, unused) }),
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
	route := c.ways[c.domains.Find(to)].Route
	if route.Outbound == nil {
		return ""
	}
	return fmt.Sprintf("; mail for %v leaves by %v of %q", to, route.Space, route.Outbound.Name())
}
