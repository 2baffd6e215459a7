// Package queue is what a relay keeps its acknowledged messages in: the
// [Store], with its messages, their recipients and what has become of each.
// Package relay/queue/spool keeps them in a directory; a database that several
// relays share is another Store. Package relay/dispatch is what works a Store
// off. Package relay/queue/queuetest has a Store for tests, and tests for Stores.
//
// # A message on the queue
//
// A [Message] is the envelope and, for each recipient, what is left to do. Its
// octets are apart, for they never change: [Store.Put] takes them as a stream
// and [Store.Open] gives them back as one. A message is there as long as any
// recipient waits; then it is removed.
//
// # Who works on a message
//
// Whoever works on a message holds it: Put and Claim lease it to a holder for a
// time, Renew prolongs that, and what nobody has renewed in time is anybody's to
// claim again. So nothing is assumed about how many processes use a Store. A
// change by one whose lease has run out is refused with [ErrLease], lest two
// relays undo each other's work.
//
// # Durable
//
// Put and Save return when neither a crash nor a loss of power takes back what
// they did. Remove may return before: should it be taken back, the message is
// delivered twice, never lost.
package queue
