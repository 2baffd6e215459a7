package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// The parameters that decide about accepted mail, and are the same for all of it.
var (
	serviceSettings = settingsOf[connector.Service](&schema.TransportService)  // how it is delivered
	reportSettings  = settingsOf[connector.Transport](&schema.TransportConfig) // which delivery reports there are
)

// queueChanges compares the treatment of accepted mail that can't be delivered at
// once. No session shows it.
func (c *comparer) queueChanges() []Change {
	old, now := c.policies[0], c.policies[1]
	if old == nil || now == nil {
		return nil // one of them takes no mail
	}
	changes := append(settingChanges(AspectQueue, serviceSettings, old.Service(), now.Service()),
		settingChanges(AspectReport, reportSettings, old.Transport(), now.Transport())...)
	changes = append(changes, nameServerChanges(old.Service(), now.Service())...)
	if choosesPostmaster(&c.configs[0]) || choosesPostmaster(&c.configs[1]) {
		changes = append(changes, changedValue(AspectReport, "ExternalPostmasterAddress", postmaster(old), postmaster(now))...)
	}
	changes = append(changes, changedValue(AspectReport, "GenerateCopyOfDSNFor", copied(old), copied(now))...)
	changes = append(changes, c.reportChanges()...)
	changes = append(changes, c.lookupChanges()...)
	sortChanges(changes)
	return changes
}

// settingChanges compares the settings of one struct of the configuration.
func settingChanges(aspect Aspect, settings []comparedSetting, old, now any) (changes []Change) {
	for _, s := range settings {
		was, _ := s.of(old)
		is, _ := s.of(now)
		changes = append(changes, changedValue(aspect, s.Name, was, is)...)
	}
	return changes
}

// nameServerChanges compares which name servers are asked for next hops. Servers that are listed
// while those of the machine are asked make no difference.
func nameServerChanges(old, now *connector.Service) []Change {
	return append(changedValue(AspectQueue, "ExternalDNSServers", nameServerText(old.ExternalNameServers()), nameServerText(now.ExternalNameServers())),
		changedValue(AspectQueue, "InternalDNSServers", nameServerText(old.InternalNameServers()), nameServerText(now.InternalNameServers()))...)
}

// nameServerText returns name servers in their order, and how they are asked.
func nameServerText(n connector.NameServers) string {
	texts := make([]string, len(n.Servers))
	for i, server := range n.Servers {
		texts[i] = server.String()
	}
	text := cmp.Or(strings.Join(texts, ", "), "the machine's")
	switch n.Protocol {
	case param.UseTcpOnly:
		text += " by TCP only"
	case param.UseUdpOnly:
		text += " by UDP only"
	}
	return text
}

// changedValue returns the Change of a parameter from was to is; nil if they are
// equal.
func changedValue(aspect Aspect, name, was, is string) []Change {
	if was == is {
		return nil
	}
	return []Change{{
		Aspect: aspect, Direction: Different, Subject: name, Before: was, After: is, Text: fmt.Sprintf("%s is now %s (was %s).", name, is, was),
	}}
}

// choosesPostmaster reports whether cfg sets the address that reports are sent from.
// Otherwise the first accepted domain decides, which is not a difference.
func choosesPostmaster(cfg *connector.Config) bool {
	return cfg.Transport.ExternalPostmasterAddress != "" || slices.ContainsFunc(cfg.Accepted, func(d routing.AcceptedDomain) bool { return d.Default })
}

// anySender stands for all senders where it doesn't matter which one it is.
var anySender = routing.MustParseAddress("a@example.invalid")

// postmaster returns the address from which p sends reports.
func postmaster(p *connector.Policy) string { return p.Reports(anySender).Postmaster.String() }

// copied returns the codes of failures whose reports are copied to the postmaster.
func copied(p *connector.Policy) string { return p.Reports(anySender).Copied.String() }

// reportChanges compares which senders get reports.
func (c *comparer) reportChanges() []Change {
	reports := func(d routing.Domain) (was, is connector.Reports) {
		sender := partition.Mailbox("user", d)
		return c.policies[0].Reports(sender), c.policies[1].Reports(sender)
	}
	return append(c.perDomain("NDREnabled", "senders", func(d routing.Domain) (was, is bool) {
		a, b := reports(d)
		return a.Failed, b.Failed
	}), c.perDomain("DeliveryReportEnabled", "senders", func(d routing.Domain) (was, is bool) {
		a, b := reports(d)
		return a.Delivered, b.Delivered
	})...)
}

// lookupChanges compares whether recipients of accepted domains must exist. No session shows it,
// because it depends on the server where they are looked up.
func (c *comparer) lookupChanges() []Change {
	var lists [2]*routing.Accepted
	for i := range lists {
		var err error
		if lists[i], err = routing.NewAccepted(c.configs[i].Accepted...); err != nil {
			return nil // the policies were compiled from these
		}
	}
	return c.perDomain("AddressBookEnabled", "recipients", func(d routing.Domain) (was, is bool) {
		_, before := lists[0].Lookup(d)
		if _, after := lists[1].Lookup(d); !before || !after {
			return false, false // other changes show that
		}
		return lists[0].LooksUp(d), lists[1].LooksUp(d)
	})
}

// perDomain returns the changes of a parameter whose value depends on the domain of the
// senders or recipients.
func (c *comparer) perDomain(name, whose string, value func(routing.Domain) (was, is bool)) (changes []Change) {
	for _, after := range []bool{false, true} {
		in := make([]bool, len(c.domains.Cells))
		for i := range c.domains.Cells {
			was, is := value(c.domains.Cells[i].Witness)
			in[i] = was != is && is == after
		}
		if !slices.Contains(in, true) {
			continue
		}
		for _, change := range changedValue(AspectReport, name, strconv.FormatBool(!after), strconv.FormatBool(after)) {
			t := c.tree.termsOf(in)
			t.set(&change)
			change.Text = strings.TrimSuffix(change.Text, ".") + " for " + whose + " in " + t.text() + "."
			changes = append(changes, change)
		}
	}
	return changes
}
