package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Fresh returns m, a message that was exported from a queue, as Import puts it on one: with the recipients
// that waited, as if they had never been tried, and with the time of its arrival left out. A message that can't be
// on a queue is an error.
func Fresh(m *queue.Message) (*queue.Message, error) {
	if !queue.ValidID(m.ID) {
		return nil, fmt.Errorf("%q can't be the ID of a message", m.ID)
	}
	fresh := &queue.Message{Envelope: m.Envelope, Suspended: m.Suspended}
	if !m.From.IsNull() && !m.From.IsValid() {
		return nil, errors.New("the sender is not a valid address")
	}
	for i := range m.Recipients {
		r := &m.Recipients[i]
		if r.Status != queue.Waiting {
			continue
		}
		if err := r.Check(); err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		fresh.Recipients = append(fresh.Recipients, queue.Recipient{Recipient: r.Recipient, Delayed: r.Delayed})
	}
	if len(fresh.Recipients) == 0 {
		return nil, errors.New("no recipient of the message waits")
	}
	return fresh, nil
}

// ImportBody returns the reader of the content of m for a Store: lines may end in LF, and become CRLF; a bare CR
// and NUL are errors, unless the message is binary.
func ImportBody(m *queue.Message, body io.Reader) (io.Reader, error) {
	if m.Body == envelope.BinaryMIME {
		return body, nil
	}
	return content.WithCRLF(body)
}

// Import puts a message on the queue that was exported from one, and sends it by the policy to the recipients
// that waited then: see Fresh and ImportBody. It expires as if it had arrived now. queue.ErrExists: a message with
// this ID is on the queue, or has left it less than queue.KeepIDs ago, so that a second import doesn't send it
// twice. A full queue is an error that is queue.ErrFull or has the reply 452, as for mail of clients. The event is
// ChangedByOperator, if WithOperator made ctx.
func (d *Dispatcher) Import(ctx context.Context, m *queue.Message, body io.Reader) error {
	d.init()
	fresh, err := Fresh(m)
	if err != nil {
		return err
	}
	if body, err = ImportBody(fresh, body); err != nil {
		return err
	}
	if err := d.admit(ctx, fresh); err != nil {
		return err
	}
	d.mu.Lock()
	d.busy++
	d.mu.Unlock()
	defer d.leave()
	in := fromStore(fresh)
	if err := d.enqueue(ctx, &in.Message.Message, body); err != nil {
		return err
	}
	d.event(func(now time.Time) {
		if e, ok := changedBy(ctx, &in.Message, now); ok {
			d.sched.EmitNow(&in.Message, e)
		}
		d.sched.Queued(&in.Message, now)
	})
	return nil
}

// admit returns the refusal of a message for which there is no room.
func (d *Dispatcher) admit(ctx context.Context, m *queue.Message) error {
	u, err := d.usage(ctx)
	if err != nil {
		return schedule.Refusal(reply.TemporaryError, err)
	}
	d.event(func(now time.Time) {
		if !d.started || d.stopping {
			err = ErrStopped
			return
		}
		err = d.sched.Admit(u, m.Remote.Addr(), m.Size, now)
	})
	return err
}
