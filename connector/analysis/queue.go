package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// queueSetting is a parameter that decides about mail that was taken: of the Transport
// service, or of delivery reports.
type queueSetting struct {
	aspect Aspect
	name   string
	text   func(*connector.Policy) string
}

// queueSettings are those that are the same for all mail.
func queueSettings() []queueSetting {
	type (
		P = connector.Policy
		S = connector.Service
		T = connector.Transport
	)
	number := func(name string, get func(*S) connector.Limit) queueSetting {
		return queueSetting{AspectQueue, name, func(p *P) string { return countText(int64(get(p.Service()))) }}
	}
	times := func(name string, get func(*S) int) queueSetting {
		return queueSetting{AspectQueue, name, func(p *P) string { return strconv.Itoa(get(p.Service())) }}
	}
	span := func(name string, get func(*S) time.Duration) queueSetting {
		return queueSetting{AspectQueue, name, func(p *P) string { return connector.FormatTimeSpan(get(p.Service())) }}
	}
	size := func(name string, get func(*T) connector.Setting[connector.ByteSize]) queueSetting {
		return queueSetting{AspectReport, name, func(p *P) string { return strconv.FormatInt(int64(get(p.Transport()).Or(0)), 10) + " bytes" }}
	}
	flag := func(name string, get func(*T) connector.Setting[bool]) queueSetting {
		return queueSetting{AspectReport, name, func(p *P) string { return strconv.FormatBool(get(p.Transport()).Or(false)) }}
	}
	return []queueSetting{
		number("MaxOutboundConnections", func(s *S) connector.Limit { return s.MaxOutboundConnections }),
		number("MaxPerDomainOutboundConnections", func(s *S) connector.Limit { return s.MaxPerDomainOutboundConnections }),
		times("QueueGlitchRetryCount", func(s *S) int { return s.QueueGlitchRetryCount.Or(0) }),
		span("QueueGlitchRetryInterval", func(s *S) time.Duration { return s.QueueGlitchRetryInterval }),
		times("TransientFailureRetryCount", func(s *S) int { return s.TransientFailureRetryCount.Or(0) }),
		span("TransientFailureRetryInterval", func(s *S) time.Duration { return s.TransientFailureRetryInterval }),
		span("OutboundConnectionFailureRetryInterval", func(s *S) time.Duration { return s.OutboundConnectionFailureRetryInterval }),
		span("MessageRetryInterval", func(s *S) time.Duration { return s.MessageRetryInterval }),
		span("DelayNotificationTimeout", func(s *S) time.Duration { return s.DelayNotificationTimeout }),
		span("MessageExpirationTimeout", func(s *S) time.Duration { return s.MessageExpirationTimeout }),

		size("ExternalDsnMaxMessageAttachSize", func(t *T) connector.Setting[connector.ByteSize] { return t.ExternalDsnMaxMessageAttachSize }),
		size("InternalDsnMaxMessageAttachSize", func(t *T) connector.Setting[connector.ByteSize] { return t.InternalDsnMaxMessageAttachSize }),
		flag("ExternalDelayDsnEnabled", func(t *T) connector.Setting[bool] { return t.ExternalDelayDsnEnabled }),
		flag("InternalDelayDsnEnabled", func(t *T) connector.Setting[bool] { return t.InternalDelayDsnEnabled }),
	}
}

// queueChanges compares what becomes of mail that was taken and can't be delivered at
// once. No session shows that.
func (c *comparer) queueChanges() []Change {
	old, now := c.policies[0], c.policies[1]
	if old == nil || now == nil {
		return nil // one of them takes no mail
	}
	var changes []Change
	found := func(aspect Aspect, name, was, is string) {
		if was != is {
			changes = append(changes, Change{Aspect: aspect, Direction: Different, Subject: name, Before: was, After: is,
				Text: fmt.Sprintf("%s is now %s instead of %s.", name, is, was)})
		}
	}
	for _, s := range queueSettings() {
		found(s.aspect, s.name, s.text(old), s.text(now))
	}
	if choosesPostmaster(old) || choosesPostmaster(now) {
		found(AspectReport, "ExternalPostmasterAddress", postmaster(old), postmaster(now))
	}
	for _, domain := range remoteDomains(old, now) {
		changes = append(changes, remoteChanges(old, now, domain)...)
	}
	sortChanges(changes)
	return changes
}

// choosesPostmaster reports whether the configuration says who reports. Otherwise it
// follows from the accepted domain that comes first, which is no difference.
func choosesPostmaster(p *connector.Policy) bool {
	cfg := p.Config()
	return cfg.Transport.ExternalPostmasterAddress != "" || slices.ContainsFunc(cfg.Accepted, func(d routing.AcceptedDomain) bool { return d.Default })
}

// postmaster returns who reports.
func postmaster(p *connector.Policy) string {
	return p.Reports(routing.MustParseAddress("a@example.invalid")).Postmaster.String()
}

// remoteDomains returns the domains of the remote domains of either policy, each once.
func remoteDomains(policies ...*connector.Policy) []string {
	names := []string{"*"}
	for _, p := range policies {
		for _, r := range p.Config().Remote {
			names = append(names, strings.ToLower(r.DomainName))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// remoteChanges compares what senders in domain are told, which is a DomainName of a
// remote domain: those of it whom no other remote domain covers.
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
	var changes []Change
	compare := func(name string, was, is bool) {
		if was != is {
			changes = append(changes, Change{Aspect: AspectReport, Direction: Different, Domains: []string{domain}, Subject: name,
				Before: strconv.FormatBool(was), After: strconv.FormatBool(is),
				Text: fmt.Sprintf("%s is now %t instead of %t for senders in %s.", name, is, was, remoteText(domain))})
		}
	}
	compare("NDREnabled", was.Failed, is.Failed)
	compare("DeliveryReportEnabled", was.Delivered, is.Delivered)
	return changes
}

// remoteText says whom a remote domain covers.
func remoteText(domain string) string {
	if domain == "*" {
		return "all other domains outside"
	}
	if at, ok := strings.CutPrefix(domain, "*."); ok {
		return at + " and the domains below it"
	}
	return domain
}
