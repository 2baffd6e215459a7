// Package dispatch delivers mail and keeps it until it is delivered: a
// [Dispatcher] is the relay.Handler that makes a 250 a promise.
//
// # Two ways to accept a message
//
// MaxAcknowledgementDelay of the Receive connector decides.
//
// Deliver first: while that delay runs, the client waits and the message is
// delivered. Each next hop gets it at once, beside the others. When all have
// answered, the client gets its reply:
//
//   - all have accepted it: 250, and the Store was never touched;
//   - all have refused it for good: the 5xx itself, and no report is needed;
//   - otherwise, or when the delay ends or a shutdown begins: a report on the
//     recipients that were refused goes on the Store, then the message with the
//     recipients that still wait, then the client gets 250.
//
// No client waits for a next hop that is known to be down. An answer that comes
// after the delay counts: nothing is sent twice.
//
// Queue first: with a delay of 0, or without a Receive connector, the message goes on
// the Store, then the client gets 250, and only then attempts begin.
//
// A message is acknowledged only when a next hop or the Store has it. If the Store can't take a
// message, the client gets 452 4.3.1 or 451 and sends it again. A next hop that had already
// accepted the message receives it again.
//
// # Retries
//
// Next hops are tried again, not messages. One that can't be reached costs one
// connection per interval, however many messages wait for it, and one that has not
// answered yet gets one connection until it does. The intervals are Exchange's, as
// set by Set-TransportService:
//
//   - QueueGlitchRetryCount times after QueueGlitchRetryInterval (4 times, 1 minute),
//   - TransientFailureRetryCount times after TransientFailureRetryInterval
//     (6 times, 5 minutes; Edge 10),
//   - then every OutboundConnectionFailureRetryInterval (10 minutes; Edge 30).
//
// A reply to a message or a recipient concerns only that one: after a 4xx it waits for
// MessageRetryInterval (5 minutes), and also if the next hop hangs up on it and works
// with others. After DelayNotificationTimeout (4 hours) the sender gets a report that it
// takes longer, once; after MessageExpirationTimeout (2 days) that it failed, 4.4.7. A
// message that expires while the process doesn't run, or is stopped, is tried for ten
// minutes more. Recipients that no Send connector takes wait in the queue Unreachable,
// with the same two limits.
//
// Each attempt follows the policy in use. [Dispatcher.SetPolicy] routes everything that
// waits at once, and has each next hop that is down tried once more. A message that the
// new policy doesn't send, for its size, is reported then. No size limit of the policy
// holds for reports, and where a next hop can't take one with the whole message it gets
// the header of the message.
//
// # Who gets a connection
//
// MaxOutboundConnections are handed out to next hops in turn, at most
// MaxPerDomainOutboundConnections to each. Those that are down, or have not answered
// yet, get three quarters of them at most, so that they can't keep the others waiting. A
// next hop that works and refuses a connection is asked for fewer at a time, and for more
// again when it has answered for a while.
//
// No client gets all connections, because clients choose the next hops: each source, which
// is an IPv4 address or an IPv6 /64 network, gets three quarters of what the others leave,
// of all connections, of those to next hops that have not answered, and of those to each
// next hop. Messages for the same next hop go in the order of their arrival if they came
// from one source; several sources take turns. Reports get an eighth of the connections,
// because strangers decide where reports go; the reports on a source's mail have a share of
// their own.
//
// The same holds for the length of the queue and its disk, there with the reports on a
// client's mail included: see [Dispatcher.Begin].
//
// # Limits of smart hosts
//
// A Send connector may limit what its smart hosts get: SmartHostMaxConnections,
// SmartHostMessageRateLimit and SmartHostRecipientRateLimit. All connectors share what is counted
// for a smart host, its port and the user that logs on there, and each keeps its own limits. An
// attempt counts at every smart host of its connector, unless none of them could be reached.
// Connectors that wait for the same account take turns; those whose accounts no connector limits
// don't count.
// SmartHostCounts is a file that keeps the counts over a restart; without it they begin at 0. Each
// Dispatcher counts by itself, also if several have one Store.
//
// # Where mail goes, and how
//
// The policy decides where mail goes: by its Send connectors, their address spaces and costs. The
// [delivery.Transport] decides how it gets there: a *delivery.Sender by SMTP, to the smart hosts of the
// connector or the mail exchangers of the domain. ByConnector replaces it for some connectors, named
// as in the policy: give the Send connector Mailboxes the address space contoso.com and
// ByConnector["Mailboxes"] a transport that writes Maildirs, and an accepted domain is delivered here,
// with the retries, limits, reports and the operator's view that other next hops have. The example
// of Dispatcher shows such a transport.
//
// # Mail of an application
//
// [Dispatcher.Enqueue] takes a message that no client sends, such as an invoice, and returns its
// ID. It goes on the Store first. Its lines may end in LF, and its header needs no Message-ID,
// Date or From.
//
// # What becomes of a message
//
// Dispatcher.Events get an event for each recipient of each attempt, for recipients that
// are given up, and for delivery reports; see package relay/event. They come from the
// goroutine that saved the outcome, when the Store knows of it: a crash before that loses
// the event, and the attempt is repeated. If a client gets an answer while the message was
// never on the Store, they come before the answer. The events of one message come one
// after the other, and a Reader that takes long delays nothing but that message.
//
// # What a crash may do
//
// Whatever was acknowledged is on the Store until a next hop has accepted it or a report
// on it is there. What was being sent may be delivered twice. A report has an ID
// that follows from its message and recipients, is stored before the message
// says so, and sent after that: when it is made again after a crash the Store
// has it already, unless it was sent and removed in between.
//
// Messages are leased from the Store, and the leases are renewed in time. Where
// that fails, the messages are given up until they can be claimed again, because
// another process may have them; see relay/queue. A process that was stopped for
// longer than a lease renews first, and then goes on with what no other process has
// claimed. A lease that this process doesn't know of, because the answer of the Store
// was lost, is released with the next renewal. Shutdown ends all leases.
//
// # The order of a shutdown
//
// Shut a relay.Server and its Dispatcher down at the same time, or the Dispatcher first: it
// queues what clients wait for, and they get their 250. A Server that is shut down alone
// waits for its clients, and they for next hops; when its time is up, it cuts them off
// without a reply, and messages that a next hop has already accepted are sent again. Close
// the Store last. Package relay/gateway does this in one call.
//
// # Memory
//
// Bodies are held in memory up to 256 KiB each and 16 MiB together, and beyond
// that in files without names. A message on the Store keeps its body in memory
// only while an attempt is to be expected; one that waits takes about 2.6 KB of
// the process, the Store's part included.
//
// # Parts
//
// Package internal/schedule decides all of the above, and is the place to begin for
// retries, shares and reports. This package is the driver around its Scheduler:
// goroutines, Store, transports, bodies, timer, events and log. One mutex guards the Scheduler. A
// method either takes the mutex and releases it itself, as event does, or says "d.mu is
// held" and keeps it to its end.
package dispatch
