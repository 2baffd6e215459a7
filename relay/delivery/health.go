package delivery

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How long it is remembered that a host failed, the first time and at most, and
// that TLS with it did.
const (
	deadFor     = 5 * time.Minute
	deadAtMost  = time.Hour
	tlsFailsFor = 15 * time.Minute
	noBDATFor   = 24 * time.Hour

	// suspectAfter is how long a host may be silent before others are asked first,
	// though it hasn't failed yet, and suspectFor how long that holds.
	suspectAfter = 3 * time.Second
	suspectFor   = time.Minute
)

// maxRemembered bounds how many failures are remembered of each kind.
const maxRemembered = 10_000

// health is what a Sender remembers of hosts and addresses that failed. They are
// asked last: when nobody else takes a message, they get their chance. The zero
// health is ready.
type health struct {
	any atomic.Bool // there is something to remember
	mu  sync.Mutex
	bad map[string]failing
	tls map[string]weak

	noBDAT map[string]time.Time // addresses that lack it, and until when that is believed
}

// failing is a host or an address that failed.
type failing struct {
	times int // in a row
	until time.Time
}

// weak is an address with which TLS failed.
type weak struct {
	level tlsLevel // that may do
	until time.Time
}

// failed notes that a host or an address failed.
func (m *health) failed(name string, now time.Time) {
	m.note(name, now, func(f *failing) {
		f.until = now.Add(min(deadFor<<min(f.times, 10), deadAtMost))
		f.times++
	})
}

// suspected notes that a host has been silent for a while.
func (m *health) suspected(name string, now time.Time) {
	m.note(name, now, func(f *failing) {
		if until := now.Add(suspectFor); f.until.Before(until) {
			f.until = until
		}
	})
}

// note changes what is remembered of a host or an address.
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

// tlsFailed notes that TLS of a level failed with an address.
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

// lacksBDAT notes that an address offers CHUNKING and doesn't know BDAT.
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

// makeRoom forgets what is over when m is full, or everything.
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

// lastThoseThat moves what is bad behind the others, and keeps the order otherwise.
func lastThoseThat[T any](list []T, bad func(T) bool) {
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
