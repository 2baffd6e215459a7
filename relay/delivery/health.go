package delivery

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How long a failure of a host is remembered, the first time and at most, and a failure
// of TLS with it.
const (
	deadFor     = 5 * time.Minute
	deadAtMost  = time.Hour
	tlsFailsFor = 15 * time.Minute
	noBDATFor   = 24 * time.Hour

	// suspectAfter is how long a host may be silent before others are tried first,
	// although it hasn't failed yet, and suspectFor is how long that lasts.
	suspectAfter = 3 * time.Second
	suspectFor   = time.Minute
)

// maxRemembered bounds how many failures are remembered of each kind.
const maxRemembered = 10_000

// health holds the hosts and addresses that failed lately. They are tried last, when no
// other host accepts the message. The zero health is ready to use.
type health struct {
	any atomic.Bool // there is something to remember
	mu  sync.Mutex
	bad map[string]failing
	tls map[string]weak

	noBDAT map[string]time.Time // addresses without BDAT, and until when that is remembered
}

// failing is a host or an address that failed.
type failing struct {
	times int // in a row
	until time.Time
}

// weak is an address with which TLS failed.
type weak struct {
	level tlsLevel // the first level to try
	until time.Time
}

// failed records that a host or an address failed.
func (m *health) failed(name string, now time.Time) {
	m.note(name, now, func(f *failing) {
		f.until = now.Add(min(deadFor<<min(f.times, 10), deadAtMost))
		f.times++
	})
}

// suspected records that a host has been silent for a while.
func (m *health) suspected(name string, now time.Time) {
	m.note(name, now, func(f *failing) {
		if until := now.Add(suspectFor); f.until.Before(until) {
			f.until = until
		}
	})
}

// note changes the record of a host or an address.
func (m *health) note(name string, now time.Time, change func(*failing)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bad == nil {
		m.bad = make(map[string]failing)
	}
	makeRoom(m.bad, func(f failing) bool { return f.until.Before(now) })
	f := m.bad[name]
	change(&f)
	m.bad[name] = f
	m.any.Store(true)
}

// answered forgets the failures of a host or an address.
func (m *health) answered(name string) {
	if !m.any.Load() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.bad, name)
}

// isBad reports whether a host or an address failed lately.
func (m *health) isBad(name string, now time.Time) bool {
	if !m.any.Load() {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.bad[name].until)
}

// tlsFailed records that TLS of a level failed with an address.
func (m *health) tlsFailed(address string, level tlsLevel, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tls == nil {
		m.tls = make(map[string]weak)
	}
	makeRoom(m.tls, func(w weak) bool { return w.until.Before(now) })
	m.tls[address] = weak{min(level+1, inTheClear), now.Add(tlsFailsFor)}
}

// tlsLevel returns the level of TLS with which to begin.
func (m *health) tlsLevel(address string) tlsLevel {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w, ok := m.tls[address]; ok && time.Now().Before(w.until) {
		return w.level
	}
	return fullHello
}

// lacksBDAT records that an address offers CHUNKING but doesn't know BDAT.
func (m *health) lacksBDAT(address string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.noBDAT == nil {
		m.noBDAT = make(map[string]time.Time)
	}
	makeRoom(m.noBDAT, func(until time.Time) bool { return until.Before(now) })
	m.noBDAT[address] = now.Add(noBDATFor)
}

// hasNoBDAT reports whether an address is known to lack BDAT.
func (m *health) hasNoBDAT(address string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Before(m.noBDAT[address])
}

// makeRoom deletes the entries that are over when m is full, or else all entries.
func makeRoom[K comparable, V any](m map[K]V, over func(V) bool) {
	if len(m) < maxRemembered {
		return
	}
	for k, v := range m {
		if over(v) {
			delete(m, k)
		}
	}
	if len(m) >= maxRemembered {
		clear(m)
	}
}

// moveToEnd moves the bad elements behind the others and otherwise keeps the order.
func moveToEnd[T any](list []T, bad func(T) bool) {
	slices.SortStableFunc(list, func(a, b T) int {
		switch x, y := bad(a), bad(b); {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
}
