package delivery

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// How many connections are kept, and for how long. Most are closed soon, because hops
// limit their number; until then a burst of messages can use them again.
const (
	maxIdleAll    = 500
	maxIdlePerHop = 100
	longIdle      = 20 // connections are kept for maxIdle, the others for shortIdle
	maxIdle       = 30 * time.Second
	shortIdle     = 2 * time.Second
	sweepEvery    = time.Second
)

// pool keeps unused connections. The zero pool is ready to use.
type pool struct {
	mu     sync.Mutex
	links  map[linkKey][]*link // the connection that was used last is the last
	n      int
	sweeps bool // a timer will call sweep
	closed bool
}

// get removes and returns the connection that was used last, which is least likely to be
// dead; nil if there is no connection.
func (p *pool) get(k linkKey) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.links[k]
	last := len(list) - 1
	if last < 0 {
		return nil
	}
	l := list[last]
	list[last] = nil
	p.set(k, list[:last])
	p.n--
	return l
}

// set makes list the connections of k.
func (p *pool) set(k linkKey, list []*link) {
	if len(list) == 0 {
		delete(p.links, k)
	} else {
		p.links[k] = list
	}
}

// put keeps l, or closes it if it is used up, in an unknown state, or one too many.
func (p *pool) put(l *link) {
	switch {
	case l == nil:
	case !l.Reusable():
		l.close(errUnknown)
	case l.left == 0:
		l.close(errUsedUp)
	case !p.keep(l):
		l.close(errNoRoom)
	}
}

func (p *pool) keep(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.n >= maxIdleAll || len(p.links[l.key]) >= maxIdlePerHop {
		return false
	}
	idle := l.idle
	if len(p.links[l.key]) >= longIdle {
		idle = min(idle, shortIdle)
	}
	if p.links == nil {
		p.links = make(map[linkKey][]*link)
	}
	p.links[l.key] = append(p.links[l.key], l)
	p.n++
	l.until = time.Now().Add(idle)
	if !p.sweeps {
		p.sweeps = true
		time.AfterFunc(sweepEvery, p.sweep)
	}
	return true
}

// sweep closes connections that were idle for too long, and sets a timer to run again
// while there are others. A timer for each connection would be set twice per message.
func (p *pool) sweep() {
	now := time.Now()
	p.mu.Lock()
	var old []*link
	for k, list := range p.links {
		p.set(k, slices.DeleteFunc(list, func(l *link) bool {
			over := !now.Before(l.until)
			if over {
				old = append(old, l)
			}
			return over
		}))
	}
	p.n -= len(old)
	if p.sweeps = p.n > 0; p.sweeps {
		time.AfterFunc(sweepEvery, p.sweep)
	}
	p.mu.Unlock()
	for _, l := range old {
		l.close(errIdle)
	}
}

// drop closes all connections of k: one was dead, and the older ones probably are too.
func (p *pool) drop(k linkKey) {
	for l := p.get(k); l != nil; l = p.get(k) {
		l.close(errReplaced)
	}
}

// dropOthers closes all connections of other connectors as a user to the smart host of k: where the
// connections are limited, each of them counts.
func (p *pool) dropOthers(k linkKey, user string) {
	p.mu.Lock()
	var same []linkKey
	for other, list := range p.links {
		if other.out != k.out && other.kind == k.kind && other.host == k.host && other.out.Settings().Port == k.out.Settings().Port && strings.EqualFold(list[0].account.user, user) {
			same = append(same, other)
		}
	}
	p.mu.Unlock()
	for _, other := range same {
		p.drop(other)
	}
}

// close closes all connections, and those that are put back later.
func (p *pool) close() {
	p.mu.Lock()
	links := p.links
	p.links, p.n, p.closed = nil, 0, true
	p.mu.Unlock()
	for _, list := range links {
		for _, l := range list {
			l.close(errClosed)
		}
	}
}
