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
	ErrExists   = errors.New("a message with this ID exists already")
	ErrNotFound = errors.New("no such message")
	ErrLease    = errors.New("the lease has expired or belongs to another process")
	ErrFull     = errors.New("no room for the message")
	ErrClosed   = errors.New("the queue is closed")

	// ErrDamaged: the Store has lost content of a message that it had accepted.
	// The holder of the message should report that to the sender.
	ErrDamaged = errors.New("the stored message is damaged")
)

// Store keeps messages. Its methods are safe for concurrent use, also by several
// processes if the implementation says so. A Message that was passed in belongs to
// the caller again when the method returns, and the caller may change a Message
// that was returned.
type Store interface {
	// Put keeps m, whose ID is new, with all bytes that body yields, and returns
	// when both are durable. The lease of m begins then, however long body took.
	// Put sets m.Size to the length of body and m.Arrived, if that is zero, to
	// the time when body ended. On any error, also one of body, nothing is kept.
	// ErrExists: a message with this ID is on the queue, or was until recently.
	// ErrFull: there is no room for the message now.
	Put(ctx context.Context, m *Message, body io.Reader, lease Lease) error

	// Claim leases at most max messages that have no holder or whose lease has
	// expired. It returns them in the order of Next and then Arrived. Messages
	// without a waiting recipient come first; they only need to be removed.
	// Messages that are due later are returned like the others: their holder
	// decides when to work on them.
	Claim(ctx context.Context, lease Lease, max int) ([]*Message, error)

	// Renew restarts the leases of all messages that lease.Holder holds, also of
	// those whose lease has expired, and returns their IDs. With a lease of no
	// time it releases all of them.
	Renew(ctx context.Context, lease Lease) ([]string, error)

	// Release gives up a message that holder holds: it can be claimed at once.
	// ErrLease and ErrNotFound are as in Save.
	Release(ctx context.Context, id, holder string) error

	// Save replaces everything that the Store keeps of m, except its content,
	// and returns when that is durable. ErrLease: holder has released the
	// message, or another holder has claimed it. ErrNotFound: the message was
	// removed. An expired lease is no obstacle: until another holder claims the
	// message, it stays with its holder.
	Save(ctx context.Context, m *Message, holder string) error

	// Remove removes the message that holder holds. ErrLease and ErrNotFound
	// are as in Save.
	Remove(ctx context.Context, id, holder string) error

	// Open returns the content of a message, as Put got it. The Body stays
	// readable until it is closed, even if the message is removed. ErrDamaged:
	// the content differs from what Put got; the message stays, without its
	// content, until its holder removes it.
	Open(ctx context.Context, id string) (Body, error)

	// All returns every message, held or not, in the order of Arrived. For a
	// message that can't be read it yields an error with the known fields; the
	// other messages follow.
	All(ctx context.Context) iter.Seq2[*Message, error]

	// Usage returns how full the Store is. It is cheap enough to be called for
	// every message.
	Usage(ctx context.Context) (Usage, error)

	// Close releases all resources. No method may be called after it.
	Close() error
}

// Lease is a claim on messages: its holder and its duration. It has no point in
// time, because only the Store knows when it begins: the content of a message may
// take an hour to arrive.
type Lease struct {
	Holder string        // identifies a process, and each start of it; never ""
	For    time.Duration // from the end of the call on; 0 or less: the message has no holder
}

// Body is the content of a message.
type Body interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// Usage is how full a Store is.
type Usage struct {
	Messages int   // on the queue
	Bytes    int64 // that the messages take
	Free     int64 // bytes that can still be stored; <0: not known
	Capacity int64 // Free and all bytes in use on the same medium, also by others; <=0: not known
}
