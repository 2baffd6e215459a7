package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// stateDescs describe the metrics that are read at a scrape, by their names.
var stateDescs = func() map[string]*prometheus.Desc {
	all := make(map[string]*prometheus.Desc)
	for _, f := range []family{sessions, ready, started, policyInfo, reloadOK, queued, oldest, largest, retrying, unreachable, failing,
		spool, diskFree, diskSize, refusing, certificates, lostLines} {
		all[f.name] = f.desc()
	}
	return all
}()

// output is where a scrape puts metrics.
type output chan<- prometheus.Metric

// put puts a metric of f.
func (to output) put(f family, value float64, labels ...string) {
	kind := prometheus.GaugeValue
	if f.kind == counter {
		kind = prometheus.CounterValue
	}
	m, err := prometheus.NewConstMetric(stateDescs[f.name], kind, value, labels...)
	if err != nil { // a name that isn't UTF-8
		m = prometheus.NewInvalidMetric(stateDescs[f.name], err)
	}
	to <- m
}

// collectState puts the state of the gateway.
func (m *Metrics) collectState(ctx context.Context, ch chan<- prometheus.Metric) {
	to, s := output(ch), m.gateway.Status(ctx)
	for key, n := range m.open.snapshot(m.known.Load().receive) {
		to.put(sessions, float64(n), key.connector, key.tls)
	}
	to.put(ready, truth(len(s.NotReady) == 0))
	to.put(reloadOK, truth(s.Reload == nil || s.Reload.Error == ""))
	if !s.Started.IsZero() {
		to.put(started, seconds(s.Started))
	}
	if s.Policy != "" {
		to.put(policyInfo, 1, s.Policy)
	}
	for _, r := range s.Resources {
		to.put(refusing, truth(r.Refusing), r.Name)
	}
	for _, c := range s.Certificates {
		direction := "send"
		if c.Receive {
			direction = "receive"
		}
		to.put(certificates, seconds(c.Expires), direction, c.Connector)
	}
	lost := m.gateway.LostLogLines() // also of the logs that have lost nothing
	for name, lines := range lost {
		to.put(lostLines, float64(lines), string(name))
	}
	for _, l := range s.LostLines {
		if _, ok := lost[gateway.Log(l.Log)]; !ok {
			to.put(lostLines, float64(l.Lines), l.Log)
		}
	}
	if s.Queue != nil {
		m.collectQueue(to, &s)
	}
}

// collectQueue puts the state of the queue.
func (m *Metrics) collectQueue(to output, s *control.Status) {
	q := s.Queue
	to.put(queued, float64(q.Waiting), "waiting")
	to.put(queued, float64(q.Sending), "sending")
	to.put(queued, float64(q.Suspended), "suspended")
	age := 0.0
	if !q.Oldest.IsZero() {
		age = max(0, s.Time.Sub(q.Oldest).Seconds())
	}
	to.put(oldest, age)
	var most, retry int
	for _, hop := range m.gateway.Dispatcher.Queues() {
		most = max(most, hop.Waiting)
		if hop.Failures > 0 {
			retry += hop.Waiting
		}
	}
	to.put(largest, float64(most))
	to.put(retrying, float64(retry))
	to.put(unreachable, float64(q.Unreachable))
	to.put(failing, float64(len(s.Failing)))
	if q.Error != "" {
		return // the rest isn't known
	}
	to.put(spool, float64(q.Bytes))
	if q.Free >= 0 {
		to.put(diskFree, float64(q.Free))
	}
	if q.Capacity > 0 {
		to.put(diskSize, float64(q.Capacity))
	}
}

// truth returns 1 for true.
func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds returns t in seconds since 1970.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
