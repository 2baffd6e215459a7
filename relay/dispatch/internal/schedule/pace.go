package schedule

import (
	"fmt"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// hostLimits are the limits of a Send connector for each of its smart hosts; 0: none.
type hostLimits struct {
	connections int // at a time
	messages    int // in a minute
	recipients  int // in 24 hours
}

// limitsOfHosts returns the limits that a connector sets.
func limitsOfHosts(set *connector.Send) hostLimits {
	limited := func(n param.Limit) int { return int(max(n, 0)) }
	return hostLimits{limited(set.SmartHostMaxConnections), limited(set.SmartHostMessageRateLimit), limited(set.SmartHostRecipientRateLimit)}
}

// pace is how a next hop keeps the limits for smart hosts: its own limits, with the counts of its
// accounts. An attempt may end at any of them, so it counts at all. The nil pace has no limits, and
// counts nothing.
type pace struct {
	hostLimits
	accounts []*account
}

// paceOf returns the pace of a next hop: nil unless a connector of the policy limits one of its
// accounts.
func (s *Scheduler) paceOf(next delivery.NextHop) *pace {
	out := next.Connector()
	if len(s.accounts) == 0 || out == nil || !out.Local() {
		return nil
	}
	set := out.Settings()
	p := &pace{hostLimits: limitsOfHosts(set)}
	for i := range set.SmartHosts {
		key, _ := accountAt(set, i)
		if a := s.accounts[key]; a != nil && a.limited && !slices.Contains(p.accounts, a) {
			p.accounts = append(p.accounts, a)
		}
	}
	if p.accounts == nil {
		return nil
	}
	return p
}

// mostConnections returns how many connections the next hop may have.
func (p *pace) mostConnections(others int) int {
	if p == nil || p.connections == 0 {
		return others
	}
	return min(others, p.connections)
}

// mostRecipients returns how many recipients an attempt may have: a tenth of the day's limit at most. An
// attempt begins only when there is room for so many, so a larger number would leave more of the limit
// unused.
func (p *pace) mostRecipients() int {
	if p == nil || p.recipients == 0 {
		return maxRecipients
	}
	return min(maxRecipients, max(1, p.recipients/10))
}

// next returns when the rates let the next attempt begin: now, or a later time.
func (p *pace) next(now time.Time) time.Time {
	at, _, _ := p.wait(now)
	return at
}

// wait returns when the rates let the next attempt begin. If that is after now, it waits for an account,
// and day says that the recipients of the day are its reason.
func (p *pace) wait(now time.Time) (at time.Time, a *account, day bool) {
	at = now
	if p == nil {
		return at, nil, false
	}
	for _, here := range p.accounts {
		if minute := here.Messages.Next(now, 1, p.messages); minute.After(at) {
			at, a, day = minute, here, false
		}
		if next := here.Recipients.Next(now, p.mostRecipients(), p.recipients); next.After(at) {
			at, a, day = next, here, true
		}
	}
	return at, a, day
}

// full returns an account that has no room for an attempt now, and when time makes room there; zero: when
// an attempt ends. It returns nil if all have room.
func (p *pace) full(now time.Time) (a *account, at time.Time) {
	if p == nil {
		return nil, time.Time{}
	}
	if at, a, _ := p.wait(now); a != nil {
		return a, at
	}
	for _, a := range p.accounts {
		if p.connections > 0 && a.active >= p.connections {
			return a, time.Time{}
		}
	}
	return nil, time.Time{}
}

// reason says which limit the next attempt waits for; "" if for none.
func (p *pace) reason(now time.Time) string {
	_, a, day := p.wait(now)
	if a == nil {
		return ""
	}
	from := ""
	if a.user != "" {
		from = " from " + a.user
	}
	if day {
		return fmt.Sprintf("SmartHostRecipientRateLimit: %s gets at most %d recipients in 24 hours%s", a.host, p.recipients, from)
	}
	return fmt.Sprintf("SmartHostMessageRateLimit: %s gets at most %d messages in a minute%s", a.host, p.messages, from)
}
