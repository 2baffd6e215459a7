package dispatch

import (
	"context"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Counts are the numbers of messages on the queue that this process works on.
type Counts struct {
	Waiting   int       // that wait for their next attempt
	Sending   int       // with an attempt under way
	Suspended int       // that an operator has suspended
	Oldest    time.Time // when the oldest of them arrived; zero: there is no message
}

// Counts returns the numbers of messages. It takes time in proportion to them.
func (d *Dispatcher) Counts() (n Counts) {
	d.init()
	d.mu.Lock()
	defer d.mu.Unlock()
	return Counts(d.sched.Count())
}

// Resource is something that mail takes up, with the limit at which mail is refused.
type Resource struct {
	Name     string // "queue", in messages, "disk", in bytes that are free, or "memory", in bytes; as in the event PressureBegan
	Value    int64
	Limit    int64
	Refusing bool // mail is refused because of it
}

// Usage returns how full the Store is, and the resources that have a limit. ErrStopped: the
// Dispatcher isn't running; other errors are the Store's.
func (d *Dispatcher) Usage(ctx context.Context) (u queue.Usage, resources []Resource, err error) {
	if err := d.Ready(); err != nil {
		return u, nil, err
	}
	used, err := d.usage(ctx)
	if err != nil {
		return u, nil, err
	}
	d.event(func(now time.Time) {
		for _, r := range d.sched.Resources(used, now) {
			resources = append(resources, Resource(r))
		}
	})
	return used.Usage, resources, nil
}
