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
// claim them. A relay that shuts down ends its leases with a Renew of no time.
//
// Leases don't share the load: a Dispatcher claims everything that is free, and a
// second one works on what it has accepted itself, and on what the first one leaves
// behind. Each keeps some 2.6 KB of memory for a message that it holds.
//
// # Durable
//
// Put and Save return when neither a crash nor a loss of power can undo what they
// did. Remove may return earlier: if it is undone, the message is delivered twice,
// never lost.
//
// # Implement a Store
//
// The comments of [Store] have all rules, and the tests of queuetest check them. With a
// database, a row for each message is enough: its ID, the encoding of the message
// ([Message.MarshalJSON]), its content, the holder, the end of the lease by the
// database's clock, and for the order of Claim the results of [Message.Next] and Arrived
// in nanoseconds. In PostgreSQL:
//
//	CREATE TABLE messages (id text PRIMARY KEY, message text NOT NULL, body bytea NOT NULL,
//		holder text, until timestamptz, next bigint NOT NULL, arrived bigint NOT NULL)
//
// The rest is one statement for each method. Put, with the content that was read to its
// end before, inserts a row and finds an ID that is taken:
//
//	INSERT INTO messages VALUES ($1, $2, $3, $4, now() + $5, $6, $7) ON CONFLICT DO NOTHING
//
// Claim is the one that is easily wrong: without SKIP LOCKED two relays get the same
// messages:
//
//	UPDATE messages SET holder = $1, until = now() + $2 WHERE id IN (
//		SELECT id FROM messages WHERE holder IS NULL OR until <= now()
//		ORDER BY next, arrived LIMIT $3 FOR UPDATE SKIP LOCKED
//	) RETURNING message, next, arrived
//
// RETURNING has no order: sort the result. Save, Release and Remove change the row only
// WHERE id = $1 AND holder = $2; if they change none, ask whether the message is there,
// for [ErrLease] or [ErrNotFound]. A table of the removed IDs, of which rows older than
// [KeepIDs] are deleted, serves [ErrExists].
package queue
