package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// view is a snapshot of where a message is. Its segments stay readable until it is
// released.
type view struct {
	entry        // as it was
	now   *entry // as it is; Spool.mu guards it
}

// newView returns a view of a message on the queue. The caller holds Spool.mu.
func newView(e *entry) view {
	v := view{*e, e}
	for _, p := range []place{v.body, v.state} {
		if p.segment != nil {
			p.segment.acquire()
		}
	}
	return v
}

func (v view) release() {
	for _, p := range []place{v.body, v.state} {
		if p.segment != nil {
			p.segment.release()
		}
	}
}

// decode reads the JSON of a record into v.
func (p place) decode(v any) error {
	if p.segment == nil {
		return fmt.Errorf("the record is lost: %w", errChanged)
	}
	b, err := p.meta()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: the record at %d: %w: %w", p.segment.name(), p.offset, errChanged, err)
	}
	return nil
}

// message reads the newest state of the message that can be read: an older state makes
// the relay do something twice, which is better than to forget it.
func (v view) message() (*queue.Message, error) {
	m := new(queue.Message)
	if err := v.state.decode(m); err != nil {
		m = new(queue.Message)
		switch older := v.body.decode(m); {
		case older == nil:
		case !isDamage(err):
			return nil, err
		case !isDamage(older):
			return nil, older
		default:
			return nil, errors.Join(err, older)
		}
	}
	m.ID, m.Size = v.id, v.size
	return m, nil
}

// damaged returns the error of a damaged message, or err if it doesn't prove damage: a
// disk that doesn't answer now may do so later.
func (v view) damaged(err error) error {
	switch {
	case err == nil:
		err = errChanged
	case !isDamage(err):
		return fmt.Errorf("%s: %w", v.id, err)
	}
	return fmt.Errorf("%w: %s: %w", queue.ErrDamaged, v.id, err)
}

// isDamage reports whether err proves that data is missing or has changed.
func isDamage(err error) bool {
	return errors.Is(err, errChanged) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, fs.ErrNotExist)
}
