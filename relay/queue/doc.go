// Package queue is what a relay keeps its acknowledged messages in: the
// [Store], with its messages, their recipients and what has become of each.
// Package relay/queue/spool keeps them in a directory; a database that several
// relays share is another Store. Package relay/dispatch is what works a Store
// off. Package relay/queue/queuetest has a Store for tests, and tests for Stores.
//
// # A message on the queue
//
// A [Message] is the envelope and, for each recipient, what is left to do. Its
// bytes are apart, for they never change: [Store.Put] takes them as a stream
// and [Store.Open] gives them back as one. A message is there as long as any
// recipient waits; then it is removed.
//
// # Who works on a message
//
// A relay that works on a message holds it: Put and Claim lease it to a holder for
// a time, Renew begins that time anew, and a message whose lease has run out can be
// claimed by others. So nothing is assumed about how many processes use a Store. A
// change by a holder whose message another one has claimed is refused with
// [ErrLease], lest two relays undo each other's work.
//
// Until it is claimed, a message stays with its holder even when the lease has run
// out: a process that was stopped for an hour goes on as if it had been slow. Renew
// tells what a holder holds, so that it can give back with Release what it doesn't
// know of, for nobody else could claim that.
//
// # Durable
//
// Put and Save return when neither a crash nor a loss of power takes back what
// they did. Remove may return before: should it be taken back, the message is
// delivered twice, never lost.
package queue
