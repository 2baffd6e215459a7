package analysis

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// recipient stands for all recipients that the policies don't distinguish.
type recipient struct {
	to     routing.Address
	relays [2]bool // mail to it is relayed
	routes []routeStep
}

// routeStep says how messages leave that are larger than the step before allows.
type routeStep struct {
	from int64 // the smallest size
	ways [2]wayKind
}

// wayKind says of a route as much as a question may ask.
type wayKind uint8

const (
	noWay wayKind = iota
	tooLargeWay
	inClearText // TLS isn't required
	encrypted
)

// collectRecipients fills a.recipients.
func (a *asker) collectRecipients() {
	var names []routing.Domain
	for _, m := range a.q.To {
		if name := m.name(); name.IsValid() {
			names = append(names, name)
		}
	}
	domains := a.domainsWith(names)
	c := recipientCollector{asker: a, domains: domains, accepted: a.accepted, seen: map[string]bool{}}
	cuts := slices.DeleteFunc(slices.Clone(a.cuts), func(cut int64) bool { return cut >= int64(a.q.Size) })
	for i, p := range a.policies {
		c.ways[i] = partition.NewWays(p, cuts, a.effort)
	}
	for i := range readable(domains) {
		d := domains.Cells[i].Witness
		if coversDomain(a.q.To, d) { // single addresses follow
			c.add(i, partition.Mailbox("user", d))
			if a.q.Property == PropertyRelays {
				c.add(i, partition.Mailbox(routedLocal, d))
			}
		}
		if !a.needs.to && len(a.recipients) > 0 || a.effort.Exceeded() {
			return
		}
	}
	for _, m := range a.q.To {
		if m.address.IsValid() {
			c.add(domains.Find(m.address.Domain()), m.address)
		}
	}
}

// acceptedByName returns the accepted domains of p but *.
func acceptedByName(p *connector.Policy) *routing.Accepted {
	named := p.Config().Accepted
	named = slices.DeleteFunc(named, func(a routing.AcceptedDomain) bool { return a.DomainName == "*" })
	accepted, err := routing.NewAccepted(named...)
	if err != nil { // it was good with one more
		accepted, _ = routing.NewAccepted()
	}
	return accepted
}

// recipientCollector collects one recipient of each kind.
type recipientCollector struct {
	*asker
	domains  *partition.Domains
	accepted [2]*routing.Accepted
	ways     [2]*partition.Ways
	seen     map[string]bool
}

func (c *recipientCollector) add(cell int, to routing.Address) {
	r := recipient{to: to}
	for i := range c.sides {
		_, accepted := c.accepted[i].Lookup(to.Domain())
		r.relays[i] = !accepted || to.HasRouting()
	}
	if c.needs.routes {
		r.routes = c.routesTo(to)
	}
	key := fmt.Sprint(c.domains.Cells[cell].Class, to.HasRouting(), r.relays, r.routes)
	if !c.seen[key] {
		c.seen[key] = true
		c.recipients = append(c.recipients, r)
	}
}

// routesTo returns the routes by size, ascending.
func (c *recipientCollector) routesTo(to routing.Address) []routeStep {
	var steps []routeStep
	var ways [2]*partition.Way
	for i := range c.sides {
		ways[i] = c.ways[i].To(to.Domain())
	}
	for from := int64(0); c.effort.Keep(1); {
		step, upto := routeStep{from: from}, int64(0)
		for i, way := range ways {
			if way != nil {
				step.ways[i] = kindOfWay(way.Route, to.Domain())
				upto = smaller(upto, way.Upto)
			}
		}
		steps = append(steps, step)
		if upto == 0 {
			break
		}
		for i, way := range ways {
			if way != nil && way.Upto == upto {
				ways[i] = way.Next
			}
		}
		from = upto + 1
	}
	return slices.CompactFunc(steps, func(a, b routeStep) bool { return a.ways == b.ways })
}

func kindOfWay(r connector.Route, to routing.Domain) wayKind {
	switch r.Outcome {
	case routing.Routed:
	case routing.TooLarge:
		return tooLargeWay
	default:
		return noWay
	}
	hosts := r.Outbound.Settings().SmartHosts
	if len(hosts) == 0 {
		hosts = []param.SmartHost{{}}
	}
	for _, host := range hosts {
		if !r.Outbound.TLS(to, host).Required {
			return inClearText
		}
	}
	return encrypted
}

// at returns the step for messages of a size.
func (r *recipient) at(size int64) routeStep {
	at := len(r.routes) - 1
	for at > 0 && r.routes[at].from > size {
		at--
	}
	return r.routes[at]
}
