package dispatch

import (
	"context"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// report tells the sender.
func (d *Dispatcher) report(ctx context.Context, m *message) ([]*message, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	late := d.delays(m, time.Now())
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status == queue.Waiting {
			r.Delayed = r.Delayed || late
		} else {
			r.Reported = true
		}
	}
	return nil, nil
}

// unreported reports whether the sender is yet to be told how it ended for a
// recipient of m.
func (m *message) unreported() bool {
	for i := range m.Recipients {
		if r := &m.Recipients[i]; r.Status != queue.Waiting && !r.Reported {
			return true
		}
	}
	return false
}

func (d *Dispatcher) tellDelivered(ctx context.Context, m *message) {}
func (d *Dispatcher) release(list []*message)                       {}
func (d *Dispatcher) withdraw(list []*message)                      {}
