package spool

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// view is where a message was when it was looked at. Its segments stay
// readable until it is released.
type view struct {
	entry    *entry
	id       string
	size     int64
	file     uint64
	fileName string
	body     place
	state    place
}

// view looks at a message that is there. Spool.mu is held.
func (s *Spool) view(e *entry) view {
	v := view{entry: e, id: e.id, size: e.size, file: e.file, body: e.body, state: e.state}
	if e.file != 0 {
		v.fileName = e.fileName()
	}
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

// envelope reads the envelope of a record.
func (p place) envelope() (*envelope, error) {
	if p.segment == nil {
		return nil, errors.New("the record is lost")
	}
	meta, err := p.meta()
	if err != nil {
		return nil, err
	}
	env := new(envelope)
	if err := json.Unmarshal(meta, env); err != nil {
		return nil, fmt.Errorf("%s: the record at %d: %w", p.segment.name(), p.offset, err)
	}
	return env, nil
}

// envelope reads the newest envelope of the message that can be read: to do
// something twice is better than to forget it.
func (v view) envelope() (*envelope, error) {
	env, err := v.state.envelope()
	if err == nil {
		return env, nil
	}
	env, older := v.body.envelope()
	if older != nil {
		return nil, errors.Join(err, older)
	}
	return env, nil
}

// message reads the message.
func (v view) message() (*queue.Message, error) {
	env, err := v.envelope()
	if err != nil {
		return nil, err
	}
	m := env.message()
	m.ID, m.Size = v.id, v.size
	return m, nil
}

// damaged is the error that the octets are not what they were.
func (v view) damaged(err error) error {
	if err == nil {
		err = errSum
	}
	return fmt.Errorf("%w: %s: %w", queue.ErrDamaged, v.id, err)
}
