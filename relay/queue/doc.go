// Package queue defines how a relay keeps the messages that it has acknowledged:
// the [Store] interface, and the messages, recipients and states that a Store holds.
// Package relay/queue/spool is a Store in a directory; a database that several
// relays share would be another. Package relay/dispatch delivers the messages of a
// Store. Package relay/queue/queuetest has a Store for tests, and a test suite for
// Stores.
//
// # A message on the queue
//
// A [Message] is the envelope and the state of delivery of each recipient. Its
// content is separate, because it never changes: [Store.Put] reads it from a stream
// and [Store.Open] returns it as one. A message is on the queue as long as a
// recipient waits; then it is removed.
//
// # Leases
//
// A relay works on a message only while it holds the message. Put and Claim lease
// messages to a holder for a time, Renew restarts that time, and other holders can
// claim a message whose lease has expired. So any number of processes may use a
// Store. If another holder has claimed a message, changes by the earlier holder are
// refused with [ErrLease], so that two relays can't undo each other's work.
//
// Until it is claimed, a message stays with its holder even after the lease has
// expired: a process that was stopped for an hour continues as if it had been slow.
// Renew returns the IDs of all messages that the holder holds. A holder gives back,
// with Release, the messages that it doesn't know, because no other holder could
// claim them.
//
// # Durable
//
// Put and Save return when neither a crash nor a loss of power can undo what they
// did. Remove may return earlier: if it is undone, the message is delivered twice,
// never lost.
package queue
