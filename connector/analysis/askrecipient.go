package analysis

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// recipient stands for all recipients that the Receive connectors don't distinguish.
type recipient struct {
	to     routing.Address
	relays [2]bool // mail to it is relayed
	routed []routed
}

// routed is a recipient that stands for those of them with the same routes.
type routed struct {
	to     routing.Address
	routes *routeStep
}

// collectRecipients fills a.recipients.
func (a *asker) collectRecipients() {
	var names []routing.Domain
	for _, m := range a.q.To {
		if name := m.name(); name.IsValid() {
			names = append(names, name)
		}
	}
	domains := a.domainsWith(names)
	c := recipientCollector{asker: a, domains: domains, routes: newAskedRoutes(a), at: map[recipientKey]int{}, seen: map[routedKey]bool{}}
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

// acceptedByName returns the accepted domains of p that are the organisation's own: not *,
// and not all domains below a name at which strangers register theirs.
func acceptedByName(p *connector.Policy) *routing.Accepted {
	var named []routing.AcceptedDomain
	for _, a := range p.Config().Accepted {
		if a.DomainName == "*" {
			continue
		}
		if name, wildcard := strings.CutPrefix(a.DomainName, "*."); isRegistry(name) {
			if wildcard {
				continue
			}
			a.MatchSubDomains = false
		}
		named = append(named, a)
	}
	accepted, err := routing.NewAccepted(named...)
	if err != nil { // it was good with more
		accepted, _ = routing.NewAccepted()
	}
	return accepted
}

// recipientCollector collects one recipient of each kind.
type recipientCollector struct {
	*asker
	domains *partition.Domains
	routes  *askedRoutes
	at      map[recipientKey]int // places in recipients
	seen    map[routedKey]bool
}

type recipientKey struct {
	class    int
	relays   [2]bool
	rerouted bool // by its local part
}

type routedKey struct {
	recipient int
	routes    *routeStep
}

func (c *recipientCollector) add(cell int, to routing.Address) {
	key := recipientKey{class: c.domains.Cells[cell].Class, rerouted: to.HasRouting()}
	for i := range c.sides {
		_, accepted := c.accepted[i].Lookup(to.Domain())
		key.relays[i] = !accepted || key.rerouted
	}
	at, ok := c.at[key]
	if !ok {
		at = len(c.recipients)
		c.at[key] = at
		c.recipients = append(c.recipients, recipient{to: to, relays: key.relays})
	}
	one := routed{to: to}
	if c.needs.routes {
		one.routes = c.routes.of(to.Domain())
	}
	if key := (routedKey{at, one.routes}); !c.seen[key] {
		c.seen[key] = true
		c.recipients[at].routed = append(c.recipients[at].routed, one)
	}
}
