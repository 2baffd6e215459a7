package postfix

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// number returns a number of a setting, within limits; ok is false if it isn't a number.
func (s scope) number(name string, least, most int64) (n int64, ok bool) {
	text := s.get(name)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		s.notPossible(name, fmt.Sprintf("%q isn't a number", text), "write a number")
		return 0, false
	}
	if limited := min(max(n, least), most); n != 0 && limited != n {
		s.notPossible(name, fmt.Sprintf("the value must be from %d to %d here, and is %d", least, most, limited), "give the Receive connector the value that you want")
		n = limited
	}
	return n, true
}

// span returns a time of a setting: a number with s, m, h, d or w, or else in the unit.
func (s scope) span(name string, unit byte) (time.Duration, bool) {
	text := s.get(name)
	if text == "" {
		return 0, false
	}
	if last := text[len(text)-1]; strings.IndexByte("smhdw", last) >= 0 {
		text, unit = text[:len(text)-1], last
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		s.notPossible(name, fmt.Sprintf("%q isn't a time", s.get(name)), "write a number with s, m, h, d or w")
		return 0, false
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	return time.Duration(n) * units[unit], true
}

// receiveLimits sets the limits of a Receive connector. Clients of mynetworks alone are exempt
// from some of them, by default.
func (sv *service) receiveLimits(rc *connector.Receive, trusted bool) {
	if n, ok := sv.number("message_size_limit", 64<<10, math.MaxInt32); ok {
		rc.MaxMessageSize = param.Size(n)
		if n == 0 { // no limit
			rc.MaxMessageSize = param.Size(math.MaxInt32)
		}
		sv.taken("message_size_limit", "MaxMessageSize of the Receive connectors")
	}
	if n, ok := sv.number("smtpd_recipient_limit", 1, 512000); ok && n > 0 {
		rc.MaxRecipientsPerMessage = int(n)
		sv.taken("smtpd_recipient_limit", "MaxRecipientsPerMessage of the Receive connectors")
	}
	if n, ok := sv.number("hopcount_limit", 1, 500); ok && n > 0 {
		rc.MaxHopCount = int(n)
		sv.taken("hopcount_limit", "MaxHopCount of the Receive connectors")
	}
	exempt := trusted && sv.exemptsTrusted()
	sv.connectionLimit(rc, exempt)
	sv.rateLimit(rc, exempt)
	if sv.given("smtpd_banner") {
		if text := "220 " + sv.get("smtpd_banner"); len(text) <= 510 && printable(text) {
			rc.Banner = text
			sv.taken("smtpd_banner", "Banner of the Receive connectors")
		} else {
			sv.notPossible("smtpd_banner", "a banner has up to 510 printable ASCII characters", "shorten it")
		}
	}
	if d, ok := sv.span("smtpd_timeout", 's'); ok && sv.given("smtpd_timeout") {
		rc.ConnectionInactivityTimeout = min(max(d, time.Second), 24*time.Hour-time.Second)
		rc.ConnectionTimeout = min(max(2*rc.ConnectionInactivityTimeout, 10*time.Minute), 24*time.Hour)
		sv.taken("smtpd_timeout", "ConnectionInactivityTimeout of the Receive connectors")
	}
	if n, ok := sv.number("smtpd_hard_error_limit", 0, math.MaxInt32); ok && sv.given("smtpd_hard_error_limit") {
		rc.MaxProtocolErrors = param.Value(param.Limit(n))
		sv.taken("smtpd_hard_error_limit", "MaxProtocolErrors of the Receive connectors")
	}
	if d, ok := sv.span("smtpd_error_sleep_time", 's'); ok && sv.given("smtpd_error_sleep_time") {
		rc.TarpitInterval = param.Value(min(d, 10*time.Minute))
		sv.taken("smtpd_error_sleep_time", "TarpitInterval of the Receive connectors")
	}
}

func printable(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

// exemptsTrusted reports whether the clients of mynetworks are exempt from limits of clients.
func (sv *service) exemptsTrusted() bool {
	const name = "smtpd_client_event_limit_exceptions"
	if sv.given(name) && sv.find(name).value != "$mynetworks" {
		sv.notPossible(name, "the limits hold for these clients, too, because exceptions are possible for mynetworks only", "make a Receive connector with other limits for these clients")
		return false
	}
	sv.taken(name, "no limit of connections and messages for the clients that may relay")
	return true
}

func (sv *service) connectionLimit(rc *connector.Receive, exempt bool) {
	const name = "smtpd_client_connection_count_limit"
	n, ok := sv.number(name, 1, 10000)
	if !ok {
		return
	}
	rc.MaxInboundConnectionPercentagePerSource = 100
	rc.MaxInboundConnectionPerSource = param.Limit(n)
	if n == 0 || exempt {
		rc.MaxInboundConnectionPerSource = param.Unlimited
	}
	sv.taken(name, "MaxInboundConnectionPerSource of the Receive connectors")
}

// rateLimit reads how many messages a client may send; Exchange counts by the minute.
func (sv *service) rateLimit(rc *connector.Receive, exempt bool) {
	const name = "smtpd_client_message_rate_limit"
	n, ok := sv.number(name, 1, math.MaxInt32)
	unit, fine := sv.span("anvil_rate_time_unit", 's')
	switch {
	case !ok || !fine:
		return
	case n == 0:
		sv.taken(name, "no MessageRateLimit")
		return
	case exempt:
		return
	}
	perMinute := max(1, int64(float64(n)*60/max(1, unit.Seconds())))
	rc.MessageRateLimit = param.Limit(min(perMinute, math.MaxInt32))
	rc.MessageRateSource = param.Value(param.RateByIPAddress)
	sv.taken(name, fmt.Sprintf("MessageRateLimit: %d messages a minute from each address", rc.MessageRateLimit))
	sv.taken("anvil_rate_time_unit", "MessageRateLimit of the Receive connectors, which counts by the minute")
}

// limits sets how long mail is tried.
func (r *reader) limits(s scope) {
	var service connector.Service // of this server
	if d, ok := s.span("maximal_queue_lifetime", 'd'); ok && s.given("maximal_queue_lifetime") {
		service.MessageExpirationTimeout = min(max(d, 5*time.Second), 90*24*time.Hour)
		s.taken("maximal_queue_lifetime", "MessageExpirationTimeout of the Transport service")
	} else if ok {
		service.MessageExpirationTimeout = d
	}
	if d, ok := s.span("minimal_backoff_time", 's'); ok && s.given("minimal_backoff_time") {
		service.MessageRetryInterval = min(max(d, time.Second), 24*time.Hour)
		s.taken("minimal_backoff_time", "MessageRetryInterval of the Transport service")
	}
	if d, ok := s.span("delay_warning_time", 'h'); ok && s.given("delay_warning_time") {
		if d > 0 {
			service.DelayNotificationTimeout = min(d, 30*24*time.Hour)
		} else {
			r.Config.Transport.ExternalDelayDsnEnabled = param.Value(false)
			r.Config.Transport.InternalDelayDsnEnabled = param.Value(false)
		}
		s.taken("delay_warning_time", "DelayNotificationTimeout of the Transport service, or no reports of delays")
	}
	if n, ok := s.number("smtp_destination_concurrency_limit", 1, math.MaxInt32); ok && n > 0 && s.given("smtp_destination_concurrency_limit") {
		service.MaxPerDomainOutboundConnections = param.Limit(min(n, 1000))
		s.taken("smtp_destination_concurrency_limit", "MaxPerDomainOutboundConnections of the Transport service")
	}
	r.Config.Services = append(r.Config.Services, service)
	if !s.given("myorigin") {
		return
	}
	origin := s.get("myorigin")
	if strings.HasPrefix(origin, "/") { // the first line of a file
		_, text, err := s.open(origin)
		if err != nil {
			s.notPossible("myorigin", err.Error(), "write the domain into myorigin")
			return
		}
		first, _, _ := strings.Cut(string(text), "\n")
		origin = strings.TrimSpace(first)
	}
	d, err := routing.ParseDomain(origin)
	for _, a := range r.Config.Accepted {
		if err == nil && a.DomainName == d.String() {
			for i := range r.Config.Receive {
				r.Config.Receive[i].DefaultDomain = d.String()
			}
			s.taken("myorigin", "DefaultDomain of the Receive connectors")
			return
		}
	}
	s.notPossible("myorigin", "addresses without a domain are refused here, because it isn't among the domains of this server", "add the domain to mydestination or relay_domains, or let the clients write whole addresses")
}
