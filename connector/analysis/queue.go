package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// queueSetting is a parameter that decides about accepted mail: of the Transport
// service, or of delivery reports.
type queueSetting struct {
	aspect Aspect
	name   string
	text   func(*connector.Policy) string
}

// queueSettings returns the parameters that are the same for all mail.
func queueSettings() []queueSetting {
	type (
		P = connector.Policy
		S = connector.Service
		T = connector.Transport
	)
	number := func(name string, get func(*S) param.Limit) queueSetting {
		return queueSetting{AspectQueue, name, func(p *P) string { return countText(int64(get(p.Service()))) }}
	}
	times := func(name string, get func(*S) int) queueSetting {
		return queueSetting{AspectQueue, name, func(p *P) string { return strconv.Itoa(get(p.Service())) }}
	}
	span := func(name string, get func(*S) time.Duration) queueSetting {
		return queueSetting{AspectQueue, name, func(p *P) string { return param.FormatTimeSpan(get(p.Service())) }}
	}
	size := func(name string, get func(*T) param.Setting[param.Size]) queueSetting {
		return queueSetting{AspectReport, name, func(p *P) string { return strconv.FormatInt(int64(get(p.Transport()).Or(0)), 10) + " bytes" }}
	}
	flag := func(name string, get func(*T) param.Setting[bool]) queueSetting {
		return queueSetting{AspectReport, name, func(p *P) string { return strconv.FormatBool(get(p.Transport()).Or(false)) }}
	}
	return []queueSetting{
		number("MaxOutboundConnections", func(s *S) param.Limit { return s.MaxOutboundConnections }),
		number("MaxPerDomainOutboundConnections", func(s *S) param.Limit { return s.MaxPerDomainOutboundConnections }),
		times("QueueGlitchRetryCount", func(s *S) int { return s.QueueGlitchRetryCount.Or(0) }),
		span("QueueGlitchRetryInterval", func(s *S) time.Duration { return s.QueueGlitchRetryInterval }),
		times("TransientFailureRetryCount", func(s *S) int { return s.TransientFailureRetryCount.Or(0) }),
		span("TransientFailureRetryInterval", func(s *S) time.Duration { return s.TransientFailureRetryInterval }),
		span("OutboundConnectionFailureRetryInterval", func(s *S) time.Duration { return s.OutboundConnectionFailureRetryInterval }),
		span("MessageRetryInterval", func(s *S) time.Duration { return s.MessageRetryInterval }),
		span("DelayNotificationTimeout", func(s *S) time.Duration { return s.DelayNotificationTimeout }),
		span("MessageExpirationTimeout", func(s *S) time.Duration { return s.MessageExpirationTimeout }),

		size("ExternalDsnMaxMessageAttachSize", func(t *T) param.Setting[param.Size] { return t.ExternalDsnMaxMessageAttachSize }),
		size("InternalDsnMaxMessageAttachSize", func(t *T) param.Setting[param.Size] { return t.InternalDsnMaxMessageAttachSize }),
		flag("ExternalDelayDsnEnabled", func(t *T) param.Setting[bool] { return t.ExternalDelayDsnEnabled }),
		flag("InternalDelayDsnEnabled", func(t *T) param.Setting[bool] { return t.InternalDelayDsnEnabled }),
	}
}

// queueChanges compares the treatment of accepted mail that can't be delivered at
// once. No session shows it.
func (c *comparer) queueChanges() []Change {
	old, now := c.policies[0], c.policies[1]
	if old == nil || now == nil {
		return nil // one of them takes no mail
	}
	var changes []Change
	for _, s := range queueSettings() {
		changes = append(changes, changedValue(s.aspect, s.name, s.text(old), s.text(now), "")...)
	}
	if choosesPostmaster(&c.configs[0]) || choosesPostmaster(&c.configs[1]) {
		changes = append(changes, changedValue(AspectReport, "ExternalPostmasterAddress", postmaster(old), postmaster(now), "")...)
	}
	for _, domain := range c.remoteDomains() {
		changes = append(changes, remoteChanges(old, now, domain)...)
	}
	sortChanges(changes)
	return changes
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
