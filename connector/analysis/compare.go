package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// Compare lists what changes when a policy is replaced by another. Either may be nil,
// which is a policy that serves no client.
//
// Memory grows with the number of ranges, bindings, grants and address spaces, and with the
// number of changes: what many domains, sizes or local addresses have in common is compared
// once, and a Change lists at most 100 domains and local addresses. The time also grows with
// the number of connectors that have an address space and differ in their limits, and with
// the ranges of connectors bound to all addresses that lie within those of connectors bound
// to one. Steps and what is kept are counted: at a limit nothing is compared, and TooLarge
// says so.
//
// Each pair of connectors that serve the same clients before and afterwards is
// compared once, for all its clients, and so is each pair of routes.
func Compare(before, after *connector.Policy) Comparison {
	effort := partition.NewEffort()
	c := &comparer{
		policies:  [2]*connector.Policy{before, after},
		domains:   partition.NewDomains(before, after),
		listeners: partition.SharedIntervals(before, after, effort),
		configs:   [2]connector.Config{before.Config(), after.Config()},
		effort:    effort,
	}
	c.tree = newDomainTree(c.domains)
	c.deltas.preferred = c.domains.Cells[c.domains.Elsewhere()].Class
	c.pairUp()
	shared := c.sharedAlike()
	for i := range c.pairs {
		if !shared || !c.pairs[i].alike {
			c.comparePair(i)
		}
	}
	changes := c.sessionChanges()
	changes = append(changes, c.routeChanges()...)
	changes = append(changes, c.queueChanges()...)
	if c.effort.Exceeded() {
		return Comparison{TooLarge: "too large to compare exactly: " + c.effort.Why()}
	}
	for i := range changes {
		changes[i].policies = c.policies
	}
	return Comparison{Changes: changes}
}

// Equivalent reports whether a and b decide alike, as Compare sees it.
func Equivalent(a, b *connector.Policy) bool { return Compare(a, b).Same() }

// AtLeastAsStrict reports whether candidate allows nothing that reference refuses.
// Mail may take other routes.
func AtLeastAsStrict(candidate, reference *connector.Policy) bool {
	return Compare(reference, candidate).Wider().Same()
}

// comparePair finds all differences between the connectors of a pair.
func (c *comparer) comparePair(place int) {
	if p := &c.pairs[place]; p.inbounds[0] == nil || p.inbounds[1] == nil {
		e := c.openPair(place, representative{}, p.implicit)
		e.record(delta{aspect: AspectConnection, direction: toward(p.inbounds[1] != nil), anyChannel: true}, e.dialog())
	} else {
		c.compareChannels(place)
		c.compareSettings(place)
	}
	for _, q := range questions() {
		for _, e := range c.sessionPairs(place, q.rights) {
			if e.submit != [2]bool{} && (e.tls || !e.demandChanged()) {
				c.deltas.submits(e.who, e.tls)
			}
			q.ask(e)
		}
	}
	c.flush(place)
}

// question is a comparison that is made for each session pair. Only logins that
// differ in rights are told apart, so each question lists the rights that it depends
// on.
type question struct {
	rights permission.Set
	ask    func(*sessionPair)
}

func questions() []question {
	return append([]question{
		{permission.SetOf(permission.Submit, permission.AcceptAnyRecipient), (*sessionPair).recipients},
		{permission.SetOf(permission.Submit, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender), (*sessionPair).senders},
		{permission.SetOf(permission.Submit, permission.AcceptAnyRecipient, permission.BypassMessageSizeLimit), (*sessionPair).sizes},
		{permission.SetOf(permission.Submit, permission.AcceptAnyRecipient), (*sessionPair).recipientCount},
	}, headerQuestions()...)
}

// headerQuestions compare which classes of header fields are kept.
func headerQuestions() []question {
	var all []question
	for _, class := range headerClasses {
		all = append(all, question{permission.SetOf(permission.Submit, permission.AcceptAnyRecipient, class.accept), func(e *sessionPair) {
			if !e.bothAccept() {
				return
			}
			if was, is := e.opened[0].Headers().Keep(class.field), e.opened[1].Headers().Keep(class.field); was != is {
				d := e.dialogWithRecipient(0)
				d.Header = []string{class.field}
				e.record(delta{aspect: AspectHeaders, direction: toward(is), subject: class.name, before: keptText(was), after: keptText(is)}, d)
			}
		}})
	}
	return all
}
