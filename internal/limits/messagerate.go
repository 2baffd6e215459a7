package limits

import (
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// rateWindow is the time in which MessageRateLimit counts messages.
const rateWindow = time.Minute

// rateKeys bounds how many clients a MessageRate remembers. When it is full of
// clients that were active lately, it forgets some, which is in their favour.
const rateKeys = 1 << 16

// MessageRate counts messages per client in a sliding minute: all messages of the
// current minute, and a part of those in the minute before, as if they had been
// spread evenly over it. The zero value is ready to use.
type MessageRate struct {
	mu      sync.Mutex
	clients map[rateKey]window
}

// rateKey is a client for which messages are counted: an address or a user.
type rateKey struct {
	addr netip.Addr // by network.Source
	user string
}

// window is a client's count in the minute that began at start, and in the minute
// before it.
type window struct {
	start        time.Time
	count, prior int
}

// Allow counts a message and reports whether the MessageRateLimit of c allows it. source
// is by network.Source. Allow calls user only if users are counted.
func (r *MessageRate) Allow(c *connector.Receive, source netip.Addr, user func() string, now time.Time) bool {
	limit := c.MessageRateLimit
	if limit == param.Unlimited || limit == 0 {
		return true
	}
	by := c.MessageRateSource.Or(param.RateByIPAddress)
	ok := true
	if by&param.RateByIPAddress != 0 {
		ok = r.allow(rateKey{addr: source}, int(limit), now)
	}
	if ok && by&param.RateByUser != 0 {
		ok = r.allow(rateKey{user: user()}, int(limit), now)
	}
	return ok
}

// allow counts one message of key at the time now and returns true, unless that
// would make more than limit.
func (r *MessageRate) allow(key rateKey, limit int, now time.Time) bool {
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

// at returns w moved on to the minute that now is in.
func (w window) at(now time.Time) window {
	switch past := now.Sub(w.start); {
	case past < rateWindow:
		return w
	case past < 2*rateWindow:
		return window{start: w.start.Add(rateWindow), prior: w.count}
	}
	return window{start: now}
}

// estimate returns the messages of the last sixty seconds.
func (w window) estimate(now time.Time) float64 {
	overlap := 1 - float64(now.Sub(w.start))/float64(rateWindow)
	return float64(w.count) + overlap*float64(w.prior)
}

// forget drops clients that were quiet for two minutes, and then any, until there
// is room.
func (r *MessageRate) forget(now time.Time) {
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

// RateUser returns the user on whose account MessageRateLimit counts a message: the one who
// has authenticated with AUTH, otherwise the sender.
func RateUser(s connector.Session, authenticated bool, from routing.Address) string {
	if !authenticated {
		return from.String()
	}
	// The SID, because a name can be written in many ways.
	return string(s.Identity().SIDs[0])
}
