// Package dispatch delivers mail and keeps it until it is delivered: a
// [Dispatcher] is the relay.Handler that makes a 250 a promise.
//
// # Two ways to keep it
//
// MaxAcknowledgementDelay of the Receive connector decides. While that delay
// runs, the client waits and the message is delivered: each next hop gets it at
// once, beside the others. When everybody has answered, nobody waits any longer:
//
//   - all have it: 250, and the Store was never touched;
//   - all refused it for good: the 5xx itself, and no report is needed;
//   - otherwise, or when the delay ends or a shutdown begins: a report on who
//     refused it goes on the Store, then the message with who is left, then 250.
//
// A next hop that is known to be down isn't waited for, and one that answers
// after the delay is believed: nothing is sent twice. With a delay of 0, or
// where no Receive connector is known, the message goes on the Store first, then
// 250, and only then anywhere else.
//
// Nothing is acknowledged that neither a next hop nor the Store has. If the Store
// can't take a message the client hears 452 4.3.1 or 451, and comes back. Who had
// the message by then gets it twice.
//
// # When it is tried again
//
// It is next hops that are tried again, not messages. One that can't be reached
// costs one connection per interval, however many messages wait for it, and one
// that nobody has seen at work yet gets one connection until it answers. The
// intervals are those of Exchange, and Set-TransportService sets them:
//
//   - QueueGlitchRetryCount times after QueueGlitchRetryInterval (4 times, 1 minute),
//   - TransientFailureRetryCount times after TransientFailureRetryInterval
//     (6 times, 5 minutes; Edge 10),
//   - then every OutboundConnectionFailureRetryInterval (10 minutes; Edge 30).
//
// What a next hop says of a message or a recipient concerns that one alone: a 4xx
// makes it wait for MessageRetryInterval (5 minutes), and so does a next hop that
// hangs up on it and works with others. After
// DelayNotificationTimeout (4 hours) the sender is told that it takes longer,
// once; after MessageExpirationTimeout (2 days) that it didn't work out, 4.4.7.
// Time in which the process didn't run or was stopped takes no message its last
// chance: it is tried for ten minutes more.
// Recipients whom no Send connector takes wait among the Unreachable, with the
// same two limits.
//
// Each attempt routes anew. [Dispatcher.SetPolicy] does so at once for all that
// waits, and has each next hop that is down tried once more. What can't be sent by
// the new policy, for its size, is reported then. No size limit of the policy holds
// for reports, and where a next hop can't take one with the whole message it gets
// the header of the message.
//
// # Who gets a connection
//
// MaxOutboundConnections are handed out to next hops in turn, at most
// MaxPerDomainOutboundConnections to each. Those that are down, or of which
// nothing is known, get three quarters of them at most, so that they can't keep
// the others waiting. A next hop that works and refuses a connection is asked
// for fewer at a time, and for more again when it has answered for a while.
//
// No client gets all connections, for clients choose the next hops: each source, which is
// an IPv4 address or an IPv6 /64 network, gets three quarters of what the others leave, of
// all connections, of those to next hops in doubt, and of those to each next hop. Messages
// for the same next hop go in the order of their arrival if they came from one source;
// several sources take turns. Reports get an eighth of the connections, for strangers
// decide where reports go; each counts as its own share of the source whose message it is on.
//
// The same holds for the room on the queue and on its disk, there with the reports on a
// client's mail included: see Dispatcher.Admit.
//
// # What a crash may do
//
// Whatever was acknowledged is on the Store until a next hop has it or a report
// on it is there. What was in flight may be delivered twice. A report has an ID
// that follows from its message and recipients, is stored before the message
// says so, and sent after that: when it is made again after a crash the Store
// has it already, unless it was sent and removed in between.
//
// Messages are leased from the Store, and the leases are renewed in time. Where
// that fails, everything is given up until it can be claimed anew, because
// another process may have it; see relay/queue. A process that was stopped for
// longer than a lease renews first and then goes on with what no other process has
// claimed. What the Store holds for us and we don't know of, for an answer may
// be lost, is given back with the next renewal.
//
// # Memory
//
// Bodies are held in memory up to 256 KiB each and 16 MiB together, and beyond
// that in files without names. A message on the Store keeps its body in memory
// only while an attempt is to be expected; one that waits takes about 2.6 KB of
// the process, the Store's part included.
//
// # Back-pressure
//
// [Dispatcher.Admit] refuses mail with 452 4.3.1 when the queue is too long or
// the disk too full, and stops refusing some way below.
package dispatch
