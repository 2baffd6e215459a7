// Package event says what happened to connections, messages, recipients and next hops, and to what
// mail depends on, such as the tokens for smart hosts and content filters.
//
// relay.Server, dispatch.Dispatcher, delivery.Sender and others make an [Event] of each, and call
// each [Reader] that they were given with it; the groups of a [Kind]'s constants say which part
// reports it. The log is one Reader, [Log]; a tracking log, metrics, or an application that asks
// what became of its mail are others. docs/logs.md lists every kind with its text, level and keys,
// and the lines of a Logger that are not about these, which have no event.
//
// # One message
//
// The ID of a message is in all its events. [MessageAccepted] or one of the other answers
// to the client comes for each recipient; so does the outcome of each attempt: [Delivered],
// [Deferred] or [Refused]. A recipient's last event is one of Delivered, Refused, [Expired]
// and [Dropped]. A delivery report is a message with an ID of its own: [ReportQueued] has
// both, and its attempts end with [ReportSent].
//
// The events of a message that a Dispatcher makes come one after the other, in the order
// in which they happened, and only when its Store knows what they say. A crash between the
// two loses events and never invents one: after it, a recipient may be delivered twice and
// then has two Delivered. Lost too are the events that wait for a Store when it can't be
// written until the end of Shutdown, or when another process takes the message over. The
// Server emits its events of the message in another goroutine, so that Delivered may come
// before MessageAccepted.
//
// # Readers
//
// A Reader is called by the goroutine that did what the Event says, and while no lock is
// held that others need: a slow one delays the client or the attempt, and no other message.
// It may call the methods of a Dispatcher, except Start and Shutdown. Without Readers no
// Event is made.
package event
