package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
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
		changes = append(changes, changedValue(AspectReport, "ExternalPostmasterAddress", postmaster(old), postmaster(now), "")...)
	}
	for _, domain := range c.remoteDomains() {
		changes = append(changes, remoteChanges(old, now, domain)...)
	}
	changes = append(changes, c.lookupChanges()...)
	sortChanges(changes)
	return changes
}

// settingChanges compares the settings of one struct of the configuration.
func settingChanges(aspect Aspect, settings []comparedSetting, old, now any) (changes []Change) {
	for _, s := range settings {
		was, _ := s.of(old)
		is, _ := s.of(now)
		changes = append(changes, changedValue(aspect, s.Name, was, is, "")...)
	}
	return changes
}

// nameServerChanges compares which name servers are asked for next hops. Servers that are listed
// while those of the machine are asked make no difference.
func nameServerChanges(old, now *connector.Service) []Change {
	return append(changedValue(AspectQueue, "ExternalDNSServers", nameServerText(old.ExternalNameServers()), nameServerText(now.ExternalNameServers()), ""),
		changedValue(AspectQueue, "InternalDNSServers", nameServerText(old.InternalNameServers()), nameServerText(now.InternalNameServers()), "")...)
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
// equal. domain is the remote domain that the parameter belongs to, or "".
func changedValue(aspect Aspect, name, was, is, domain string) []Change {
	if was == is {
		return nil
	}
	c := Change{Aspect: aspect, Direction: Different, Subject: name, Before: was, After: is, Text: fmt.Sprintf("%s is now %s (was %s)", name, is, was)}
	if domain != "" {
		c.Domains = []string{domain}
		c.Text += " for senders in " + remoteText(domain)
	}
	c.Text += "."
	return []Change{c}
}

// choosesPostmaster reports whether cfg sets the address that reports are sent from.
// Otherwise the first accepted domain decides, which is not a difference.
func choosesPostmaster(cfg *connector.Config) bool {
	return cfg.Transport.ExternalPostmasterAddress != "" || slices.ContainsFunc(cfg.Accepted, func(d routing.AcceptedDomain) bool { return d.Default })
}

// postmaster returns the address from which p sends reports.
func postmaster(p *connector.Policy) string {
	return p.Reports(routing.MustParseAddress("a@example.invalid")).Postmaster.String()
}

// remoteDomains returns the domains of the remote domains of either policy, each once.
func (c *comparer) remoteDomains() []string {
	names := []string{"*"}
	for i := range c.configs {
		for _, r := range c.configs[i].Remote {
			names = append(names, strings.ToLower(r.DomainName))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// remoteChanges compares the reports for senders that belong to a remote domain and
// to no other; domain is its DomainName.
func remoteChanges(old, now *connector.Policy, domain string) []Change {
	at, wild := strings.CutPrefix(domain, "*.")
	switch {
	case domain == "*":
		at = "example.invalid"
	case wild:
		at = "any-other." + at
	}
	sender, err := routing.ParseAddress("a@" + at)
	if err != nil {
		return nil // no sender can be in there
	}
	was, is := old.Reports(sender), now.Reports(sender)
	return append(changedValue(AspectReport, "NDREnabled", strconv.FormatBool(was.Failed), strconv.FormatBool(is.Failed), domain),
		changedValue(AspectReport, "DeliveryReportEnabled", strconv.FormatBool(was.Delivered), strconv.FormatBool(is.Delivered), domain)...)
}

// lookupChanges compares whether recipients of accepted domains must exist. No session shows it,
// because it depends on the server where they are looked up.
func (c *comparer) lookupChanges() (changes []Change) {
	var lists [2]*routing.Accepted
	for i := range lists {
		var err error
		if lists[i], err = routing.NewAccepted(c.configs[i].Accepted...); err != nil {
			return nil // the policies were compiled from these
		}
	}
	for _, a := range c.configs[1].Accepted {
		at, wild := strings.CutPrefix(a.DomainName, "*.")
		if wild {
			at = "any-other." + at
		}
		domain, err := routing.ParseDomain(at)
		if err != nil {
			continue // "*" has no recipients of its own
		}
		was, known := lists[0].Lookup(domain)
		if is, _ := lists[1].Lookup(domain); !known || was != is {
			continue // other changes show that
		}
		old, now := lists[0].LooksUp(domain), lists[1].LooksUp(domain)
		for _, change := range changedValue(AspectReport, "AddressBookEnabled", strconv.FormatBool(old), strconv.FormatBool(now), "") {
			change.Domains = []string{a.DomainName}
			change.Text = strings.TrimSuffix(change.Text, ".") + " for recipients in " + remoteText(strings.ToLower(a.DomainName)) + "."
			changes = append(changes, change)
		}
	}
	return changes
}

// remoteText names the domains that a DomainName of a remote domain covers.
func remoteText(domain string) string {
	if domain == "*" {
		return "all other external domains"
	}
	if at, ok := strings.CutPrefix(domain, "*."); ok {
		return at + " and the domains below it"
	}
	return domain
}
