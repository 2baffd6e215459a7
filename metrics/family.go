package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// kind is a type of metric.
type kind string

// The types, as Prometheus names them.
const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// family is a metric with all its series.
type family struct {
	name   string // without prefix
	kind   kind
	labels string // separated by blanks
	help   string
}

// prefix begins every name.
const prefix = "interchange_"

// What is counted from events.
var (
	connections  = family{"connections_total", counter, "connector result", "Connections that clients have opened. result is served, the reason of a refusal, or refused (by checks of the program)."}
	handshakes   = family{"tls_connections_total", counter, "connector version", "Connections that have begun TLS, by its version."}
	logons       = family{"auth_total", counter, "connector mechanism result", "AUTH commands. mechanism is other if the server doesn't offer it."}
	recipients   = family{"recipients_total", counter, "connector result reason", "RCPT commands, with the reason of the answer."}
	messages     = family{"messages_total", counter, "connector result reason", "Messages at their end (DATA and BDAT), with the reason of the answer. result is aborted if the client broke the message off."}
	sizes        = family{"message_size_bytes", histogram, "connector", "Sizes of accepted messages."}
	commandTimes = family{"command_seconds", histogram, "verb", "Time to handle a command: of DATA and BDAT with the transfer, of AUTH and STARTTLS with the client's part, without tarpits."}
	holds        = family{"hold_seconds", histogram, "connector", "How long a client waited for the reply at the end of its message."}
	attempts     = family{"delivery_attempts_total", counter, "connector hop result class", "Recipients that were tried at a next hop. connector is the Send connector, hop one of its smart hosts or other, class the begin of the enhanced status code."}
	deliveries   = family{"deliveries_total", counter, "connector result", "What became of recipients: delivered, refused, expired or dropped at last, or deferred for now. connector is the Receive connector, or none for messages of this server and of programs."}
	deliveryTime = family{"delivery_seconds", histogram, "connector", "Time from the arrival of a message to its delivery to a recipient, by Receive connector."}
	reports      = family{"delivery_reports_total", counter, "kind", "Delivery reports that were queued."}
	limitHits    = family{"limit_hits_total", counter, "connector limit", "How often a limit has refused or slowed something down. connector has the value none if the limit is the server's."}
	reloads      = family{"policy_reload_total", counter, "result", "Reloads of the configuration."}
	panics       = family{"panics_total", counter, "", "Connections that a panic has ended."}
	eventsSeen   = family{"events_total", counter, "level event", "Events of every kind, named as in the log."}
)

// What is read from the gateway at each scrape.
var (
	sessions     = family{"sessions", gauge, "connector tls", "Open sessions. tls is the version, or none."}
	ready        = family{"ready", gauge, "", "1 if a client can be served: a binding is open, no resource is short, and files can be written."}
	started      = family{"start_timestamp_seconds", gauge, "", "When the gateway began to accept connections, in seconds since 1970."}
	policyInfo   = family{"policy_info", gauge, "hash", "The fingerprint of the policy in use; the value is 1."}
	reloadOK     = family{"policy_reload_successful", gauge, "", "1 if the last reload was successful, or there was none."}
	queued       = family{"queue_messages", gauge, "state", "Messages on the queue: waiting for their next attempt, sending, or suspended."}
	oldest       = family{"queue_oldest_seconds", gauge, "", "Age of the oldest message on the queue; 0 if the queue is empty."}
	largest      = family{"queue_largest_messages", gauge, "", "Messages that wait for the next hop with most of them."}
	retrying     = family{"queue_retry_messages", gauge, "", "Messages that wait for next hops that have failed."}
	unreachable  = family{"queue_unreachable_messages", gauge, "", "Messages that no Send connector takes."}
	failing      = family{"next_hops_failing", gauge, "", "Next hops that have failed and not answered since."}
	spool        = family{"spool_bytes", gauge, "", "Storage that the queue takes."}
	diskFree     = family{"disk_free_bytes", gauge, "", "Free space on the disk of the queue."}
	diskSize     = family{"disk_size_bytes", gauge, "", "Size of the disk of the queue."}
	refusing     = family{"resource_refusing", gauge, "resource", "1 while mail is refused because the resource is short."}
	certificates = family{"certificate_expiry_timestamp_seconds", gauge, "direction connector", "When the certificate that a connector shows expires, in seconds since 1970."}
	lostLines    = family{"log_dropped_total", counter, "log", "Lines of logs that could not be written."}
)

// families are all.
var families = []family{
	connections, sessions, handshakes, logons, recipients, messages, sizes, commandTimes, holds, limitHits, queued, oldest, largest, retrying, unreachable, failing,
	attempts, deliveries, deliveryTime, reports, spool, diskFree, diskSize, refusing, ready, started, policyInfo, reloads, reloadOK, certificates, lostLines, panics, eventsSeen,
}

// labelNames returns the names of the labels.
func (f family) labelNames() []string { return strings.Fields(f.labels) }

// desc returns the description of a metric that is made at a scrape.
func (f family) desc() *prometheus.Desc {
	return prometheus.NewDesc(prefix+f.name, f.help, f.labelNames(), nil)
}

// counter returns the counters of f.
func (f family) counter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + f.name, Help: f.help}, f.labelNames())
}

// The bounds of histograms beside the native ones: from a millisecond to half an hour, from one kilobyte to
// 64 megabytes, and from a tenth of a second to two days.
var (
	commandBuckets  = []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 1800}
	sizeBuckets     = prometheus.ExponentialBuckets(1<<10, 4, 9)
	deliveryBuckets = []float64{.1, .5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 48 * 3600}
)

// histogram returns the histograms of f, with classic and native buckets.
func (f family) histogram(buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: prefix + f.name, Help: f.help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: resetAfter,
	}, f.labelNames())
}
