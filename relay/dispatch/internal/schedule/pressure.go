package schedule

import (
	"cmp"
	"errors"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/network"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Defaults of Config.
const (
	defaultMaxMessages = 25_000
	maxDefaultFree     = 4 << 30
	defaultFreePercent = 4
)

// pressure records what is short: queue length, disk space or memory. It begins at a limit and ends some way
// below, so that it doesn't begin again with the next message.
type pressure struct {
	queue  bool // the queue is too long
	disk   bool // too little disk space is free
	memory bool // the process uses too much memory
}

// any reports whether something is short.
func (p *pressure) any() bool { return p.queue || p.disk || p.memory }

// Used says how full the Store is, and how much memory the process uses, in bytes.
type Used struct {
	queue.Usage
	Memory int64
}

// load is the mail of one client on the queue, reports on its mail included.
type load struct {
	messages int
	bytes    int64
}

// errShare is the cause of a refusal that concerns one client only.
var errShare = errors.New("the client has its share of the queue")

// Admit returns the refusal of a message that a client is about to send, with its declared size, if
// queue, disk or memory are short, or the client has its share of queue or disk; else nil.
func (s *Scheduler) Admit(u Used, client netip.Addr, size int64, now time.Time) error {
	most, least := s.levels(u)
	s.updatePressure(u, most, least, now)
	if s.pressure.any() || u.Free >= 0 && least > 0 && u.Free-size < least {
		return Refusal(reply.InsufficientResources, nil)
	}
	if over := s.overShare(u, client, size, most, least); over != nil {
		over.Kind, over.Time, over.By, over.Key = event.LimitReached, now, "source", network.SourceText(network.Source(client))
		if s.config.Events {
			s.notices.Add(s.newNotice(nil, *over))
		}
		return Refusal(reply.InsufficientResources, errShare)
	}
	return nil
}

// overShare returns an event with the limit of which the client has its share already, or would have more with
// a message of that size; nil if there is room for it.
func (s *Scheduler) overShare(u Used, client netip.Addr, size int64, most int, least int64) *event.Event {
	own := s.loads[network.Source(client)]
	if most > 0 && !hasShare(own.messages, u.Messages, most) {
		free := most - (u.Messages - own.messages)
		return &event.Event{Limit: "MaxMessages", Value: int64(own.messages) + 1, Bound: int64(free - free/4)}
	}
	bytes, free := own.bytes+size, own.bytes+u.Free-least
	if least > 0 && !hasShare(bytes, bytes, free) {
		return &event.Event{Limit: "MinFree", Value: bytes, Bound: free - free/4}
	}
	return nil
}

// levels returns how many messages may be queued, and how many bytes must be free. 0: no limit.
func (s *Scheduler) levels(u Used) (most int, least int64) {
	most = max(cmp.Or(s.config.MaxMessages, defaultMaxMessages), 0)
	switch least = s.config.MinFree; {
	case least < 0 || u.Free < 0:
		least = 0
	case least == 0:
		least = min(max(u.Capacity, 0)/100*defaultFreePercent, maxDefaultFree)
	}
	return most, least
}

// updatePressure compares u with the limits.
func (s *Scheduler) updatePressure(u Used, most int, least int64, now time.Time) {
	p := &s.pressure
	long := most > 0 && (u.Messages >= most || p.queue && u.Messages > most/10*9)
	s.emitPressure(&p.queue, long, event.Event{Time: now, Detail: "queue", Limit: "MaxMessages", Value: int64(u.Messages), Bound: int64(most)})
	low := least > 0 && (u.Free < least || p.disk && u.Free < least+least/4)
	s.emitPressure(&p.disk, low, event.Event{Time: now, Detail: "disk", Limit: "MinFree", Value: u.Free, Bound: least})
	room := s.config.MaxMemory
	full := room > 0 && (u.Memory >= room || p.memory && u.Memory > room/10*9)
	s.emitPressure(&p.memory, full, event.Event{Time: now, Detail: "memory", Limit: "MaxMemory", Value: u.Memory, Bound: room})
}

// emitPressure changes was, whether something is short, to is, and adds the event of that.
func (s *Scheduler) emitPressure(was *bool, is bool, e event.Event) {
	if *was == is {
		return
	}
	if *was, e.Kind = is, event.PressureEnded; is {
		e.Kind = event.PressureBegan
	}
	if s.config.Events {
		s.notices.Add(s.newNotice(nil, e))
	}
}

// Stored returns how many messages this process has leased on the Store, and the bytes of their content.
func (s *Scheduler) Stored() (messages int, bytes int64) { return len(s.messages), s.storedBytes }

// addLoad counts m, which is on the queue, for its client; n is -1 when m leaves.
func (s *Scheduler) addLoad(m *Message, n int) {
	s.storedBytes += int64(n) * m.Size
	client := network.Source(m.Remote.Addr())
	l := s.loads[client]
	l.messages += n
	if l.bytes += int64(n) * m.Size; l.messages == 0 {
		delete(s.loads, client)
		return
	}
	s.loads[client] = l
}
