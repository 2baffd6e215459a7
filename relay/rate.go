package relay

import (
	"net/netip"
	"sync"
	"time"
)

// rateWindow is what MessageRateLimit counts in.
const rateWindow = time.Minute

// rateKeys bounds what a rate remembers. When it is full of clients that were
// active lately, some are forgotten, which is in their favour.
const rateKeys = 1 << 16

// rate counts messages per client in a sliding minute: all of the current
// minute, and of the one before the part that the last sixty seconds still
// cover, taken to be spread evenly.
type rate struct {
	mu      sync.Mutex
	clients map[rateKey]window
}

// rateKey is whom a count is kept for.
type rateKey struct {
	addr netip.Addr // by network.Source
	user string
}

// window is a client's count in the minute that began at start, and in the one
// before.
type window struct {
	start        time.Time
	count, prior int
}

// allow counts one message of key at the time now, unless that makes more than
// limit.
func (r *rate) allow(key rateKey, limit int, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.clients[key].at(now)
	if w.estimate(now) >= float64(limit) {
		return false
	}
	w.count++
	if r.clients == nil {
		r.clients = make(map[rateKey]window)
	}
	if _, known := r.clients[key]; !known && len(r.clients) >= rateKeys {
		r.forget(now)
	}
	r.clients[key] = w
	return true
}

// at returns w moved on to the minute of now.
func (w window) at(now time.Time) window {
	switch past := now.Sub(w.start); {
	case past < rateWindow:
		return w
	case past < 2*rateWindow:
		return window{start: w.start.Add(rateWindow), prior: w.count}
	}
	return window{start: now}
}

// estimate returns the messages of the last minute.
func (w window) estimate(now time.Time) float64 {
	rest := 1 - float64(now.Sub(w.start))/float64(rateWindow)
	return float64(w.count) + rest*float64(w.prior)
}

// forget drops clients that were quiet for two minutes, or else any.
func (r *rate) forget(now time.Time) {
	for key, w := range r.clients {
		if now.Sub(w.start) >= 2*rateWindow {
			delete(r.clients, key)
		}
	}
	for key := range r.clients {
		if len(r.clients) < rateKeys*3/4 {
			return
		}
		delete(r.clients, key)
	}
}
