package queue

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Errors of a Store, to be found with errors.Is.
var (
	ErrExists   = errors.New("queue: there is a message of that ID")
	ErrNotFound = errors.New("queue: no such message")
	ErrLease    = errors.New("queue: the message isn't held by this holder")
	ErrFull     = errors.New("queue: no room")
	ErrClosed   = errors.New("queue: closed")

	// ErrDamaged: the Store has lost bytes of a message that it had taken.
	// Nobody but whoever works on the message can tell its sender.
	ErrDamaged = errors.New("queue: the message is damaged")
)

// Store keeps messages. Its methods are safe for concurrent use, by several
// processes too if the Store says so. A Message that was handed in is the
// caller's again when the method returns, and one that was returned is the
// caller's to change.
type Store interface {
	// Put keeps m, whose ID is new, with the bytes that body has to its end,
	// and returns when both are durable. The lease of m begins then, however
	// long body took. Its Size becomes what body had, and its Arrived, if that is
	// zero, the time when body had ended. On any error, one of body's included,
	// nothing is kept. ErrExists: a message of that ID is there, or was until just
	// now. ErrFull: there is no room for it now.
	Put(ctx context.Context, m *Message, body io.Reader, lease Lease) error

	// Claim leases at most max messages that nobody holds, or whose lease has
	// run out, and returns them in the order of Next and then Arrived. Those that
	// no recipient waits for come first, for they are only to be removed. Those
	// that are due later are returned like the others: the holder of a message
	// knows when to work on it.
	Claim(ctx context.Context, lease Lease, max int) ([]*Message, error)

	// Renew begins the leases of everything that lease.Holder holds anew, those
	// that have run out included, and returns the IDs of all that. A lease of no
	// time gives everything up.
	Renew(ctx context.Context, lease Lease) ([]string, error)

	// Release gives up a message that holder holds: it can be claimed at once.
	// ErrLease and ErrNotFound are as in Save.
	Release(ctx context.Context, id, holder string) error

	// Save replaces what is known of m, its bytes apart, and returns when
	// that is durable. ErrLease if holder has given it up or another holder has
	// claimed it, ErrNotFound if it is gone. A lease that has run out is no
	// hindrance: until the message is claimed it stays with its holder.
	Save(ctx context.Context, m *Message, holder string) error

	// Remove removes the message that holder holds. ErrLease and ErrNotFound
	// are as in Save.
	Remove(ctx context.Context, id, holder string) error

	// Open returns the bytes of a message, as Put got them. The Body stays
	// readable until it is closed, even if the message is removed. ErrDamaged
	// if they aren't what Put got any more: the message stays, without them,
	// until somebody removes it.
	Open(ctx context.Context, id string) (Body, error)

	// All returns every message, held or not, in the order of Arrived. What
	// can't be read is an error with what is known of it; the rest follows.
	All(ctx context.Context) iter.Seq2[*Message, error]

	// Usage tells how full the Store is. It is cheap enough to be asked for
	// every message.
	Usage(ctx context.Context) (Usage, error)

	// Close gives up what is held. Nothing may be called after it.
	Close() error
}

// Lease is a claim on messages: whose, and for how long. It is a span of time
// and no point in time, because only the Store knows when it begins: the bytes
// of a message may take an hour to come.
type Lease struct {
	Holder string        // tells processes apart, and a process from the one it was before; never ""
	For    time.Duration // from when the Store has done what was asked; 0 or less: nobody holds it
}

// Body is the bytes of a message.
type Body interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// Usage is how full a Store is.
type Usage struct {
	Messages int   // on the queue
	Bytes    int64 // that they take
	Free     int64 // bytes that could yet be stored; <0: nobody knows
	Capacity int64 // Free and all that is used of the same room, by whomever; <=0: nobody knows
}
