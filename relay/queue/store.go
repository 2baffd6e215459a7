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

// KeepIDs is how long a Store refuses the ID of a removed message. A relay that crashed,
// or got no answer to a Put, puts a delivery report again under the same ID: at the
// latest when the leases of the crashed relay have expired and a failed Save was
// repeated, which takes minutes. If the report was sent and removed before, ErrExists
// prevents a second one.
const KeepIDs = 10 * time.Minute

// Store keeps messages. These rules hold for all methods:
//
//   - They are safe for concurrent use, also by several processes if the implementation
//     says so. Each call has its effect as a whole or not at all.
//   - A Message that was passed in belongs to the caller again when the method returns,
//     and the caller may change a Message that was returned.
//   - If the context has ended before the call, the call returns its error and changes
//     nothing; All yields the error.
//   - After Close every method returns ErrClosed, and All yields it. Close itself returns
//     nil when called again.
type Store interface {
	// Put keeps m with all bytes that body yields, and returns when both are durable.
	// Until then no other method knows of m. The lease of m begins when Put returns,
	// however long body took. Put sets m.Size to the length of body and m.Arrived, if
	// that is zero, to the time when body ended.
	//
	// On any error nothing is kept, and the ID can be used again: also if body returns
	// an error other than io.EOF, or if ctx ends before body does. A Store that can't
	// know whether it has kept m, because a connection broke, returns an error; the
	// holder finds the ID with its next Renew and releases it.
	//
	// An ID for which ValidID returns false is an error. ErrExists: a message with this
	// ID is on the queue, or was removed less than KeepIDs ago. A Store may remember
	// fewer removed IDs, but at least the last 4096; one that only one process can open
	// may forget them in Close. ErrFull: there is no room for the message now.
	Put(ctx context.Context, m *Message, body io.Reader, lease Lease) error

	// Claim leases at most max messages that have no holder or whose lease has expired,
	// and returns them. No message is claimed by two calls, whatever runs at the same
	// time. Claim chooses and returns messages in the order of Message.Next, then of
	// Arrived, then in any order. A message without a waiting recipient counts as due at
	// once, like one whose Next is zero: it only needs to be removed. Messages that are
	// due later are returned, too: their holder decides when to work on them. An
	// empty list is no error, and the result if max is 0 or less.
	Claim(ctx context.Context, lease Lease, max int) ([]*Message, error)

	// Renew restarts the leases of all messages that lease.Holder holds, also of those
	// whose lease has expired, and returns their IDs in any order. With a lease of no
	// time it releases all of them: a relay that shuts down does that.
	Renew(ctx context.Context, lease Lease) ([]string, error)

	// Release gives up a message that holder holds: it can be claimed at once. ErrLease
	// and ErrNotFound are as in Save.
	Release(ctx context.Context, id, holder string) error

	// Save replaces everything that the Store keeps of m, except its Size and content,
	// and returns when that is durable. ErrLease: holder has released the message, or
	// another holder has claimed it. ErrNotFound: the message was removed. An expired
	// lease is no obstacle: until another holder claims the message, it stays with its
	// holder. ErrFull: there is no room; the earlier state is still there.
	Save(ctx context.Context, m *Message, holder string) error

	// Remove removes the message that holder holds, also if there is no room for
	// anything else. ErrLease and ErrNotFound are as in Save.
	Remove(ctx context.Context, id, holder string) error

	// Open returns the content of a message as Put got it, from the first byte. A
	// message can be opened several times, also at the same time; each reader has its
	// own position. It stays readable until it is closed, even if the message is
	// removed, but not when the Store is closed. ErrNotFound: the message was removed.
	// ErrDamaged: the content differs from what Put got; the message stays, without its
	// content, until its holder removes it. If the reader has Seek, ReadAt and Size, as a
	// *bytes.Reader has, a Sender with Prepare reads the content there; otherwise it copies
	// it once more at each attempt.
	Open(ctx context.Context, id string) (io.ReadCloser, error)

	// All returns every message, held or not, in the order of Arrived. For a message
	// that can't be read it yields an error with the known fields; the other messages
	// follow. Messages that are put or removed meanwhile may be among them or not.
	All(ctx context.Context) iter.Seq2[*Message, error]

	// Usage returns how full the Store is. The Dispatcher asks about once a second while
	// mail arrives.
	Usage(ctx context.Context) (Usage, error)

	// Close releases all resources of this process. Messages stay, and so do their
	// leases if other processes may use the Store.
	Close() error
}

// Lease is a claim on messages: its holder and its duration. It has no point in
// time, because only the Store knows when it begins: the content of a message may
// take an hour to arrive.
type Lease struct {
	Holder string        // identifies a process, and each start of it; never ""
	For    time.Duration // from the end of the call on; 0 or less: the message has no holder
}

// Usage is how full a Store is.
type Usage struct {
	Messages int   // on the queue
	Bytes    int64 // of storage that the messages take: their content at least, or all files of the Store
	Free     int64 // bytes that can still be stored; <0: not known
	Capacity int64 // Free and all bytes in use on the same medium, also by others; <=0: not known
}
