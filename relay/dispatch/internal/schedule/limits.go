package schedule

import (
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// limits are the numbers that the policy sets.
type limits struct {
	total, perHop int

	glitches, transients           int
	glitch, transient, connectFail time.Duration
	message, delay, expiration     time.Duration

	host string // this server's name, for reports
}

// doubtful returns how many connections there may be to next hops that are not proven.
func (l *limits) doubtful() int { return max(1, l.total/4*3) }

// reports returns how many connections there may be for reports.
func (l *limits) reports() int { return max(1, l.total/8) }

// retryAfter returns after how long a next hop is tried again that has failed so many times in a row.
func (l *limits) retryAfter(failures int) time.Duration {
	switch {
	case failures <= l.glitches:
		return l.glitch
	case failures <= l.glitches+l.transients:
		return l.transient
	}
	return l.connectFail
}

// limitsOf returns the limits that p sets.
func limitsOf(p *connector.Policy) limits {
	s := p.Service()
	return limits{
		total:       count(s.MaxOutboundConnections),
		perHop:      count(s.MaxPerDomainOutboundConnections),
		glitches:    s.QueueGlitchRetryCount.Or(0),
		transients:  s.TransientFailureRetryCount.Or(0),
		glitch:      s.QueueGlitchRetryInterval,
		transient:   s.TransientFailureRetryInterval,
		connectFail: s.OutboundConnectionFailureRetryInterval,
		message:     s.MessageRetryInterval,
		delay:       s.DelayNotificationTimeout,
		expiration:  s.MessageExpirationTimeout,
		host:        hostOf(p),
	}
}

// hostOf returns the FQDN of this server, or else the domain of the address that reports come from.
func hostOf(p *connector.Policy) string {
	cfg := p.Config()
	for _, s := range cfg.Servers {
		if cfg.Server != "" && !strings.EqualFold(s.Name, cfg.Server) {
			continue
		}
		for _, name := range []string{s.FQDN, s.Name} {
			if d, err := routing.ParseDomain(name); err == nil {
				return d.String()
			}
		}
		break
	}
	_, domain, _ := strings.Cut(p.Transport().ExternalPostmasterAddress, "@")
	return domain
}

// count returns n as an int. Unlimited becomes more connections than there can be.
func count(n param.Limit) int {
	if n == param.Unlimited {
		return 1 << 30
	}
	return int(n)
}
