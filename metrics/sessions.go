package metrics

import (
	"maps"
	"sync"
)

// openSessions counts the open sessions. A session whose connector a reload has removed counts until it ends.
type openSessions struct {
	mu     sync.Mutex
	counts map[openSession]int
}

// openSession has the labels by which sessions are counted.
type openSession struct{ connector, tls string }

// add changes the count of sessions of a connector, in the clear or under a version of TLS.
func (o *openSessions) add(connector string, tls uint16, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.counts == nil {
		o.counts = make(map[openSession]int)
	}
	key := openSession{connector, version(tls)}
	if o.counts[key] += n; o.counts[key] == 0 {
		delete(o.counts, key)
	}
}

// begin counts a session, in the clear.
func (o *openSessions) begin(connector string) { o.add(connector, 0, 1) }

// secure counts a session under TLS, which was in the clear.
func (o *openSessions) secure(connector string, tls uint16) {
	o.add(connector, 0, -1)
	o.add(connector, tls, 1)
}

// end uncounts a session.
func (o *openSessions) end(connector string, tls uint16) { o.add(connector, tls, -1) }

// snapshot returns the counts, also of the connectors without a session.
func (o *openSessions) snapshot(connectors []string) map[openSession]int {
	o.mu.Lock()
	all := maps.Clone(o.counts)
	o.mu.Unlock()
	if all == nil {
		all = make(map[openSession]int)
	}
	for _, name := range connectors {
		all[openSession{name, none}] += 0
	}
	return all
}
