package limits

import (
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/routing"
)

// MessageRate counts the messages of each client in windows of a minute, which begin with the client's first
// message. The zero value is ready to use.
type MessageRate struct {
	mu      sync.Mutex
	clients windows[rateKey]
}

// rateKey is a client for which messages are counted: an address or a user.
type rateKey struct {
	addr netip.Addr // by network.Source
	user string
}

// User is a user on whose account messages are counted.
type User struct {
	ID   string // a SID, because a name can be written in many ways; of a client that hasn't logged on, the sender
	Name string
}

// Enter counts a message, unless that would exceed the MessageRateLimit of c; then it counts nothing and returns
// the limit. source is by network.Source. Enter calls user only if users are counted.
func (r *MessageRate) Enter(c *connector.Receive, source netip.Addr, user func() User, now time.Time) *Reached {
	states, keys := r.counters(c, source, user)
	if len(keys) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, key := range keys {
		if in := r.clients.of(key, now); int64(in.count) >= states[i].Bound {
			states[i].Value, states[i].Until = int64(in.count)+1, r.clients.until(in)
			return &Reached{states[i], reply.RateExceeded}
		}
	}
	for _, key := range keys {
		r.clients.add(key, r.clients.of(key, now), now)
	}
	return nil
}

// States returns the counters of a client.
func (r *MessageRate) States(c *connector.Receive, source netip.Addr, user func() User, now time.Time) []State {
	states, keys := r.counters(c, source, user)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, key := range keys {
		if in := r.clients.of(key, now); in.count > 0 {
			states[i].Value, states[i].Until = int64(in.count), r.clients.until(in)
		}
	}
	return states
}

// counters returns the keys under which a message is counted, and the limits without their counters.
func (r *MessageRate) counters(c *connector.Receive, source netip.Addr, user func() User) (states []State, keys []rateKey) {
	limit, by := c.MessageRateLimit, c.MessageRateSource.Or(param.RateByIPAddress)
	if limit == param.Unlimited || limit == 0 {
		return nil, nil
	}
	s := State{Limit: "MessageRateLimit", Bound: int64(limit), Window: rateWindow}
	if by&param.RateByIPAddress != 0 {
		s.By, s.Key = BySource, network.SourceText(source)
		states, keys = append(states, s), append(keys, rateKey{addr: source})
	}
	if by&param.RateByUser != 0 {
		u := user()
		s.By, s.Key = ByUser, u.Name
		states, keys = append(states, s), append(keys, rateKey{user: u.ID})
	}
	return states, keys
}

// UserOf returns the user on whose account MessageRateLimit counts a message: the one who has authenticated with
// AUTH, otherwise the sender.
func UserOf(s connector.Session, authenticated bool, from routing.Address) User {
	if !authenticated {
		return User{from.String(), from.String()}
	}
	return User{string(s.Identity().SIDs[0]), s.Identity().Principal.Name}
}
