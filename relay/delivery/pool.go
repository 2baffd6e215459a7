package delivery

import (
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// How many connections are kept, and for how long. A hop that counts its
// connections gets most of them back soon; until then they spare a burst to
// open them again for every other message.
const (
	maxIdleAll    = 500
	maxIdlePerHop = 100
	longIdle      = 20 // of them are kept for maxIdle, the others for shortIdle
	maxIdle       = 30 * time.Second
	shortIdle     = 2 * time.Second
)

// linkKey tells what a connection may be used for. The connector stands for
// the identity, the certificates and the checks.
type linkKey struct {
	out  *connector.Outbound
	kind hostKind
	host string
}

// link is a connection to a next hop.
type link struct {
	*smtpclient.Conn
	key   linkKey
	host  string // for the log
	left  int    // messages that may yet be sent; <0: any number
	idle  time.Duration
	timer *time.Timer // runs while it is in the pool; nil: it never was
}

// pool keeps connections that have nothing to do. The zero pool is ready.
type pool struct {
	mu     sync.Mutex
	links  map[linkKey][]*link // the last one was used last
	n      int
	closed bool
}

// get takes the connection that was used last, the one least likely to be dead.
func (p *pool) get(k linkKey) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.links[k]
	if len(list) == 0 {
		return nil
	}
	l := list[len(list)-1]
	p.remove(l)
	l.timer.Stop()
	return l
}

// put keeps l, or closes it where it is used up, in doubt, or one too many.
func (p *pool) put(l *link) {
	if l == nil {
		return
	}
	if l.Reusable() && l.left != 0 && p.keep(l) {
		return
	}
	l.Close()
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
	if l.timer == nil {
		l.timer = time.AfterFunc(idle, func() { p.expire(l) })
	} else {
		l.timer.Reset(idle)
	}
	return true
}

// expire closes l if it is still here.
func (p *pool) expire(l *link) {
	p.mu.Lock()
	found := p.remove(l)
	p.mu.Unlock()
	if found {
		l.Close()
	}
}

// remove takes l out of the lists.
func (p *pool) remove(l *link) bool {
	list := p.links[l.key]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == l {
			copy(list[i:], list[i+1:])
			list[len(list)-1] = nil
			if list = list[:len(list)-1]; len(list) == 0 {
				delete(p.links, l.key)
			} else {
				p.links[l.key] = list
			}
			p.n--
			return true
		}
	}
	return false
}

// drop closes all connections of k: one was found dead, and the older ones
// are likely to be too.
func (p *pool) drop(k linkKey) {
	for l := p.get(k); l != nil; l = p.get(k) {
		l.Close()
	}
}

// close closes everything, now and later.
func (p *pool) close() {
	p.mu.Lock()
	links := p.links
	p.links, p.n, p.closed = nil, 0, true
	p.mu.Unlock()
	for _, list := range links {
		for _, l := range list {
			l.timer.Stop()
			l.Close()
		}
	}
}
