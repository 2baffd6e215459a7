package metrics

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// resetAfter is how long a native histogram with too many buckets keeps its counts at least.
const resetAfter = time.Hour

// statusTime bounds how long a scrape waits for the Store.
const statusTime = 5 * time.Second

// Metrics are the metrics of a Gateway: a Collector, and with Read an event.Reader. All
// methods may be called by many goroutines at once.
type Metrics struct {
	gateway *gateway.Gateway
	events  counters
	open    openSessions
	seen    sync.Map // names of connectors that have series
	known   atomic.Pointer[known]

	refreshing sync.Mutex // one refresh at a time
}

var _ prometheus.Collector = (*Metrics)(nil)

// New returns the Metrics of g, whose Events must have their Read before it starts:
//
//	m := metrics.New(g)
//	g.Events = append(g.Events, m.Read)
//	registry.MustRegister(m)
//
// Each scrape calls g.Status.
func New(g *gateway.Gateway) *Metrics {
	m := &Metrics{gateway: g, events: newCounters()}
	m.known.Store(&known{})
	if g.Config.Policy != nil {
		m.learn(g.Config.Policy)
	}
	return m
}

// learn learns the names in p, and makes the series that its connectors have in any case.
func (m *Metrics) learn(p *connector.Policy) {
	k := know(p)
	m.known.Store(k)
	m.events.begin(k)
	for name := range k.names() {
		m.seen.Store(name, nil)
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, c := range m.events.all() {
		c.Describe(to)
	}
	for _, d := range stateDescs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	m.refresh()
	ctx, cancel := context.WithTimeout(context.Background(), statusTime)
	defer cancel()
	m.collectState(ctx, to)
	for _, c := range m.events.all() {
		c.Collect(to)
	}
}

// Read is the event.Reader.
func (m *Metrics) Read(_ context.Context, e event.Event) {
	switch e.Kind {
	case event.Started, event.Reloaded:
		// Not here: the Gateway may be locked while it reports.
		go m.refresh()
	case event.ConnectionBegun:
		m.open.begin(e.Connector)
	case event.TLSBegun:
		m.open.secure(e.Connector, e.TLS)
	case event.ConnectionEnded:
		m.open.end(e.Connector, e.TLS)
	}
	m.events.count(&e, m.known.Load())
	for _, name := range [...]string{e.Connector, e.SendConnector} {
		if _, ok := m.seen.Load(name); !ok && name != "" {
			m.seen.Store(name, nil) // after the counting, so that forget finds every series
		}
	}
}

// refresh learns the policy in use, and forgets the connectors that it doesn't have.
func (m *Metrics) refresh() {
	m.refreshing.Lock()
	defer m.refreshing.Unlock()
	p := m.gateway.CurrentPolicy()
	if p == nil {
		return
	}
	if m.known.Load().policy != p {
		m.learn(p)
	}
	names := m.known.Load().names()
	for name := range m.seen.Range {
		if !names[name.(string)] {
			m.seen.Delete(name)
			m.events.forget(name.(string))
		}
	}
}
