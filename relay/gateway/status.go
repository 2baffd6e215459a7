package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// probeAge is how long the answer to whether files can be written holds.
const probeAge = 5 * time.Second

// maxClients is how many open sessions a Status has.
const maxClients = 50

// statusReader keeps what Status says about the past. It is one of the readers of the Gateway.
type statusReader struct {
	refusals refusals
	traffic  traffic

	mu      sync.Mutex
	started time.Time
	policy  string // the fingerprint of the policy in use
	since   time.Time
	reload  *control.Reloaded

	probing  sync.Mutex
	probed   time.Time // the last time
	unusable error     // what it found
}

// read is the event.Reader.
func (r *statusReader) read(_ context.Context, e event.Event) {
	r.refusals.read(&e)
	r.traffic.read(&e)
	switch e.Kind {
	case event.Started, event.Reloaded, event.ReloadFailed:
		r.configured(&e)
	}
}

// configured keeps the start or the outcome of a reload.
func (r *statusReader) configured(e *event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case event.Started:
		r.started, r.policy, r.since = e.Time, e.Policy, e.Time
	case event.Reloaded:
		if r.reload = &(control.Reloaded{Time: e.Time.UTC()}); r.policy != e.Policy {
			r.policy, r.since = e.Policy, e.Time
		}
	case event.ReloadFailed:
		r.reload = &control.Reloaded{Time: e.Time.UTC()}
		if r.reload.Error = "the configuration has mistakes"; e.Err != nil {
			r.reload.Error = e.Err.Error()
		}
	}
}

// fill sets what the reader knows in s.
func (r *statusReader) fill(s *control.Status) {
	s.Refused, s.Traffic = r.refusals.list(s.Time), r.traffic.lastMinute(s.Time)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Started, s.Policy, s.Since, s.Reload = r.started.UTC(), r.policy, r.since.UTC(), r.reload
}

// Status returns the state of the Gateway. It waits while a Reload changes the configuration, and
// takes time in proportion to the length of the queue; ctx bounds only how long the Store is asked.
func (g *Gateway) Status(ctx context.Context) control.Status {
	s := control.Status{Time: time.Now().UTC(), State: g.State()}
	g.past.fill(&s)
	if s.State == control.Starting {
		s.NotReady = []string{"it has not started yet"}
		return s
	}
	config := g.CurrentConfig()
	for _, b := range g.Server.Bound() {
		s.Bindings = append(s.Bindings, control.Binding{Address: b.Address.String(), Connectors: b.Connectors, Listening: b.Listening})
	}
	open := g.Server.Sessions()
	for in := range config.Policy.Receive() {
		s.Sessions = append(s.Sessions, control.Sessions{Connector: in.Name(), Open: open[in.Name()]})
	}
	for _, o := range g.Server.OpenSessions(maxClients) {
		s.Clients = append(s.Clients, control.Client{Session: o.ID, Connector: o.Connector, Address: o.Remote.String(), User: event.Printable(o.User),
			Since: o.Since.UTC(), Command: o.Command, At: o.At.UTC(), Messages: o.Messages})
	}
	for _, e := range config.Expiries() {
		s.Certificates = append(s.Certificates, control.Certificate{Connector: e.Connector, Receive: e.Receive, Expires: e.At.UTC()})
	}
	if g.queue != nil {
		g.queueStatus(ctx, &s)
	}
	lost := g.LostLogLines()
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if lost[name] > 0 {
			s.LostLines = append(s.LostLines, control.LostLines{Log: string(name), Lines: lost[name]})
		}
	}
	if dir := g.logSettings(TrackingLog, config.Policy).Dir; dir != "" {
		s.TrackingLog, _ = filepath.Abs(dir) // "" without a current directory
	}
	s.NotReady = g.notReady(&s)
	if g.OnStatus != nil {
		g.OnStatus(&s)
	}
	return s
}

// queueStatus sets what the Dispatcher knows in s.
func (g *Gateway) queueStatus(ctx context.Context, s *control.Status) {
	g.resourceStatus(ctx, s)
	n := g.Dispatcher.Counts()
	q := s.Queue
	q.Waiting, q.Sending, q.Suspended, q.Oldest = n.Waiting, n.Sending, n.Suspended, n.Oldest.UTC()
	for _, h := range g.Dispatcher.Queues() {
		switch {
		case h.Name == dispatch.Unreachable:
			q.Unreachable = h.Waiting
		case h.Failures > 0:
			s.Failing = append(s.Failing, nextHop(h))
		}
	}
}

// resourceStatus sets how full the Store is.
func (g *Gateway) resourceStatus(ctx context.Context, s *control.Status) {
	u, resources, err := g.Dispatcher.Usage(ctx)
	s.Queue = &control.Queued{Bytes: u.Bytes, Free: u.Free, Capacity: u.Capacity}
	if err != nil {
		s.Queue.Error = err.Error()
	}
	for _, r := range resources {
		s.Resources = append(s.Resources, control.Resource(r))
	}
}

// nextHop returns a next hop as operators read it.
func nextHop(q dispatch.Queue) control.NextHop {
	return control.NextHop{
		Name: q.Name, Waiting: q.Waiting, Failures: q.Failures, Tried: q.Tried.UTC(), Retry: q.Retry.UTC(),
		Host: q.Host, Reply: q.Reply, Advice: q.Advice,
	}
}

// State says how far the Gateway is. It never waits.
func (g *Gateway) State() control.State {
	switch g.state.Load() {
	case running:
		return control.Serving
	case stopping:
		return control.Stopping
	case stopped:
		return control.Stopped
	}
	return control.Starting
}

// Ready returns nil if a client can be served: the Gateway has started and is not shutting down, a
// binding is open, mail isn't refused because a resource is short, and files can be
// written in Dir. Otherwise the error has every reason. It is for load balancers and monitors, logs
// nothing, and writes a file in Dir at most every 5 seconds; see also Status.
func (g *Gateway) Ready(ctx context.Context) error {
	s := control.Status{State: g.State()}
	if s.State == control.Serving {
		for _, b := range g.Server.Bound() {
			s.Bindings = append(s.Bindings, control.Binding{Address: b.Address.String(), Listening: b.Listening})
		}
		if g.queue != nil {
			g.resourceStatus(ctx, &s)
		}
	}
	if reasons := g.notReady(&s); len(reasons) > 0 {
		return errors.New(strings.Join(reasons, "; "))
	}
	return nil
}

// notReady returns why no client can be served, by what s says.
func (g *Gateway) notReady(s *control.Status) (reasons []string) {
	if s.State != control.Serving {
		return []string{"it is " + string(s.State)}
	}
	if !slices.ContainsFunc(s.Bindings, func(b control.Binding) bool { return b.Listening }) {
		reasons = append(reasons, "no binding is open")
	}
	for _, r := range s.Resources {
		if r.Refusing {
			reasons = append(reasons, shortOf(r.Name))
		}
	}
	if s.Queue != nil && s.Queue.Error != "" {
		reasons = append(reasons, "the queue can't be used: "+s.Queue.Error)
	}
	if g.Dir != "" {
		if err := g.past.probe(g.Dir); err != nil {
			reasons = append(reasons, fmt.Sprintf("no file can be written in %s: %v", g.Dir, source.FileReason(err)))
		}
	}
	return reasons
}

// shortOf says why mail is refused while a resource is short.
func shortOf(resource string) string {
	switch resource {
	case "queue":
		return "mail is refused, because too many messages are queued"
	case "disk":
		return "mail is refused, because too little disk space is free"
	}
	return "mail is refused, because there is too little " + resource
}

// probe returns why no file can be written in dir, by the last try if that was a moment ago.
func (r *statusReader) probe(dir string) error {
	r.probing.Lock()
	defer r.probing.Unlock()
	if now := time.Now(); r.probed.IsZero() || now.Sub(r.probed) >= probeAge {
		r.probed, r.unusable = now, writeProbe(filepath.Join(dir, "write-test"))
	}
	return r.unusable
}

// writeProbe writes a file to the disk, and removes it.
func writeProbe(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString("This file tests whether files can be written here.\n")
	return cmp.Or(err, f.Sync(), f.Close(), os.Remove(name))
}
