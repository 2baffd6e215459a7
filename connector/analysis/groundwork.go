package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// groundwork has the parts of an examination that are the same for all questions about the same policies.
type groundwork struct {
	policies [2]*connector.Policy // the second is nil unless two are compared
	effort   *partition.Effort    // of all questions together

	// Found out by lay; nil before.
	listeners []partition.Listener
	domains   *partition.Domains
	accepted  [2]*routing.Accepted          // the accepted domains of each policy that are the organisation's own
	secured   map[routing.Domain]bool       // those of TLSSendDomainSecureList
	cuts      []int64                       // where sizes matter for routes
	all       map[allRecipients][]recipient // one of each kind
}

// allRecipients are the recipients of all domains, as far as a question divides them.
type allRecipients struct {
	Property
	limit int64 // the largest size
}

// lay finds out the rest, unless that is done already.
func (g *groundwork) lay() {
	if g.domains != nil {
		return
	}
	g.listeners = partition.SharedIntervals(g.policies[0], g.policies[1], g.effort)
	g.domains = partition.NewDomains(g.policies[0], g.policies[1])
	g.secured = map[routing.Domain]bool{}
	for i, p := range g.policies {
		g.accepted[i] = acceptedByName(p)
		for _, name := range p.Config().Transport.TLSSendDomainSecureList {
			if d, err := routing.ParseDomain(name); err == nil { // as in every policy
				g.secured[d] = true
			}
		}
	}
	g.cuts = partition.Cuts(g.policies[0], g.policies[1])
	g.all = map[allRecipients][]recipient{}
	g.effort.Spend(cellSteps * len(g.domains.Cells))
}

// domainsWith returns the domains, cut at further names, too.
func (g *groundwork) domainsWith(further []routing.Domain) *partition.Domains {
	d := g.domains.With(further...)
	g.effort.Spend(lookSteps * len(d.Cells))
	return d
}

// everyRecipient returns the recipients for a question that restricts them not at all.
func (g *groundwork) everyRecipient(a *asker) []recipient {
	key := allRecipients{a.q.Property, a.limit}
	if g.all[key] == nil {
		a.collectRecipients()
		g.all[key] = a.recipients
	}
	return g.all[key]
}
