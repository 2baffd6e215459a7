package dispatch

import (
	"context"
	"errors"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// pressure is what there is too little of. It begins at a limit and ends some
// way below, lest it begin again with the next message.
type pressure struct {
	queue bool // the queue is too long
	disk  bool // too little is free
}

// load is what one client has on the queue, reports on its mail included.
type load struct {
	messages int
	octets   int64
}

// errShare is the cause of a refusal that concerns one client only.
var errShare = errors.New("the client has its share of the queue")

// Admit implements relay.Gate: it refuses mail with 452 4.3.1 as long as the
// queue is longer than MaxMessages or less than MinFree is free, and a message
// whose declared size would leave less than that. Refusals end when the queue
// has shrunk to nine tenths, and when a fourth more than MinFree is free. A client
// is refused more before: it gets three quarters of what the others leave.
func (d *Dispatcher) Admit(ctx context.Context, env *relay.Envelope) error {
	u, err := d.Store.Usage(ctx)
	if err != nil {
		d.Logger.Error("queue can't tell how full it is", "error", printable(err.Error()))
		return refusal(reply.TemporaryError, err)
	}
	most, least := d.levels(u)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pressed(u, most, least) || u.Free >= 0 && least > 0 && u.Free-env.Size < least {
		return refusal(reply.InsufficientResources, nil)
	}
	own := d.loads[network.Source(env.Remote.Addr())]
	octets := own.octets + env.Size
	if most > 0 && !hasShare(own.messages, u.Messages, most) || least > 0 && !hasShare(octets, octets, own.octets+u.Free-least) {
		return refusal(reply.InsufficientResources, errShare)
	}
	return nil
}

// weigh counts m, which is on the queue, for its client; n is -1 when it leaves.
func (d *Dispatcher) weigh(m *message, n int) {
	client := network.Source(m.Remote.Addr())
	l := d.loads[client]
	l.messages += n
	if l.octets += int64(n) * m.Size; l.messages == 0 {
		delete(d.loads, client)
		return
	}
	d.loads[client] = l
}

// levels returns how many messages may be queued, and how much must be free.
// 0: no limit.
func (d *Dispatcher) levels(u queue.Usage) (most int, least int64) {
	switch most = d.MaxMessages; {
	case most == 0:
		most = defaultMaxMessages
	case most < 0:
		most = 0
	}
	switch least = d.MinFree; {
	case least < 0 || u.Free < 0:
		least = 0
	case least == 0:
		least = min(max(u.Capacity, 0)/100*defaultFreePercent, maxDefaultFree)
	}
	return most, least
}

// pressed brings the pressure up to date and reports whether there is any.
func (d *Dispatcher) pressed(u queue.Usage, most int, least int64) bool {
	p := &d.pressure
	if long := most > 0 && (u.Messages >= most || p.queue && u.Messages > most/10*9); long != p.queue {
		p.queue = long
		d.Logger.Warn("back-pressure: length of the queue", "refusing", long, "messages", u.Messages, "limit", most)
	}
	if low := least > 0 && (u.Free < least || p.disk && u.Free < least+least/4); low != p.disk {
		p.disk = low
		d.Logger.Warn("back-pressure: free space", "refusing", low, "free", u.Free, "limit", least)
	}
	return p.queue || p.disk
}
