package metrics

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// counters are the metrics that come from events.
type counters struct {
	connections, handshakes, logons, recipients, messages *prometheus.CounterVec
	attempts, deliveries, reports, limits, reloads, kinds *prometheus.CounterVec
	panics                                                *prometheus.CounterVec
	sizes, commands, holds, times                         *prometheus.HistogramVec
}

func newCounters() counters {
	c := counters{
		connections: connections.counter(), handshakes: handshakes.counter(), logons: logons.counter(), recipients: recipients.counter(),
		messages: messages.counter(), attempts: attempts.counter(), deliveries: deliveries.counter(), reports: reports.counter(),
		limits: limitHits.counter(), reloads: reloads.counter(), kinds: eventsSeen.counter(), panics: panics.counter(),
		sizes: sizes.histogram(sizeBuckets), commands: commandTimes.histogram(commandBuckets), holds: holds.histogram(commandBuckets),
		times: deliveryTime.histogram(deliveryBuckets),
	}
	c.panics.WithLabelValues()
	for _, result := range []string{accepted, failed} {
		c.reloads.WithLabelValues(result)
	}
	return c
}

// all returns the vectors.
func (c *counters) all() []vector {
	return []vector{c.connections, c.handshakes, c.logons, c.recipients, c.messages, c.attempts, c.deliveries, c.reports,
		c.limits, c.reloads, c.kinds, c.panics, c.sizes, c.commands, c.holds, c.times}
}

// vector is a CounterVec or a HistogramVec.
type vector interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

// forget removes the series of a connector.
func (c *counters) forget(connector string) {
	for _, v := range c.all() {
		v.DeletePartialMatch(prometheus.Labels{"connector": connector})
	}
}

// begin makes the series that each connector has in any case, so that their first increase is seen.
func (c *counters) begin(k *known) {
	for _, name := range k.receive {
		c.connections.WithLabelValues(name, served)
		c.messages.WithLabelValues(name, accepted, reply.MessageOK.String())
		c.recipients.WithLabelValues(name, accepted, reply.RecipientOK.String())
	}
	for name, hosts := range k.send {
		if len(hosts) == 0 {
			hosts = []string{other}
		}
		for _, hop := range hosts {
			c.attempts.WithLabelValues(name, hop, delivered, "2.0")
		}
	}
}

// Results.
const (
	served    = "served"
	accepted  = "accepted"
	refused   = "refused"
	deferred  = "deferred"
	aborted   = "aborted"
	failed    = "failed"
	delivered = "delivered"
	expired   = "expired"
	dropped   = "dropped"
)

// count counts e.
func (c *counters) count(e *event.Event, k *known) {
	c.kinds.WithLabelValues(e.Level().String(), e.Kind.String()).Inc()
	switch e.Kind {
	case event.ConnectionBegun:
		c.connections.WithLabelValues(e.Connector, served).Inc()
	case event.ConnectionRefused:
		result := refused
		if e.Reason != reply.Undecided {
			result = e.Reason.String()
		}
		c.connections.WithLabelValues(cmp.Or(e.Connector, none), result).Inc()
	case event.TLSBegun:
		c.handshakes.WithLabelValues(e.Connector, version(e.TLS)).Inc()
	case event.ConnectionEnded:
		if errors.Is(e.Err, relay.ErrPanic) {
			c.panics.WithLabelValues().Inc()
		}
	case event.CommandAnswered:
		c.command(e)
	case event.LimitReached:
		c.limits.WithLabelValues(cmp.Or(e.Connector, none), e.Limit).Inc()
	case event.ReportQueued:
		c.reports.WithLabelValues(e.Detail).Inc()
	case event.Reloaded:
		c.reloads.WithLabelValues(accepted).Inc()
	case event.ReloadFailed:
		c.reloads.WithLabelValues(failed).Inc()
	default:
		c.delivery(e, k)
	}
}

// command counts a command.
func (c *counters) command(e *event.Event) {
	c.commands.WithLabelValues(cmp.Or(e.Command, other)).Observe(e.Duration.Seconds())
	result := refused
	switch {
	case e.Code == 0:
		result = aborted
	case e.Code < 400:
		result = accepted
	case e.Code < 500:
		result = deferred
	}
	switch e.Command {
	case "AUTH":
		c.logons.WithLabelValues(e.Connector, cmp.Or(e.Mechanism, other), result).Inc()
	case "RCPT":
		c.recipients.WithLabelValues(e.Connector, result, e.Reason.String()).Inc()
	case "DATA", "BDAT":
		c.messages.WithLabelValues(e.Connector, result, e.Reason.String()).Inc()
		if e.Held > 0 {
			c.holds.WithLabelValues(e.Connector).Observe(e.Held.Seconds())
		}
		if result == accepted {
			c.sizes.WithLabelValues(e.Connector).Observe(float64(e.Size))
		}
	}
}

// delivery counts what became of a recipient, if e says that.
func (c *counters) delivery(e *event.Event, k *known) {
	result, tried, ended := "", true, true
	switch e.Kind {
	case event.Delivered:
		result = delivered
		c.times.WithLabelValues(cmp.Or(e.Connector, none)).Observe(e.Delay.Seconds())
	case event.ReportSent:
		result = delivered
	case event.Deferred:
		result = deferred
	case event.Refused:
		result, tried = refused, e.NextHop != ""
	case event.RecipientRefused, event.NotDelivered:
		if result, ended = deferred, false; isPermanent(e.Err) {
			result = refused
		}
	case event.Expired:
		result, tried = expired, false
	case event.Dropped:
		result, tried = dropped, false
	default:
		return
	}
	if tried {
		c.attempts.WithLabelValues(e.SendConnector, k.hop(e.SendConnector, e.Host), result, class(e.Err)).Inc()
	}
	if ended {
		c.deliveries.WithLabelValues(cmp.Or(e.Connector, none), result).Inc()
	}
}

// isPermanent reports whether err refuses for good.
func isPermanent(err error) bool {
	e := new(relay.Error)
	return errors.As(err, &e) && e.Reply.Code >= 500
}

// class returns the class and the subject of the enhanced status code of err (RFC 3463). A subject that the RFC doesn't
// have becomes 0.
func class(err error) string {
	e := new(relay.Error)
	switch {
	case err == nil:
		return "2.0"
	case !errors.As(err, &e):
		return "4.0"
	}
	first, subject := e.Reply.Code/100, e.Reply.Enhanced[1]
	if first != 5 {
		first = 4
	}
	if subject < 0 || subject > 7 {
		subject = 0
	}
	return fmt.Sprintf("%d.%d", first, subject)
}

// version returns the version of TLS, as in 1.3; none in the clear.
func version(v uint16) string {
	switch v {
	case 0:
		return none
	case tls.VersionTLS12, tls.VersionTLS13:
		return strings.TrimPrefix(tls.VersionName(v), "TLS ")
	}
	return other
}
