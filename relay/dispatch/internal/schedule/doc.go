// Package schedule decides what happens next with every message on the queue: which
// attempt starts, when a next hop is tried again, which source gets a connection, when
// a message expires, which delivery reports are due, what the Store must learn.
//
// A [Scheduler] is a state machine. Its methods are the events: a message was accepted,
// an attempt has ended, time has passed ([Scheduler.Tick]), the policy or a lease has
// changed, an operator wants something. After each event the driver takes the [Action]
// values that [Scheduler.Next] returns, and calls Tick at [Scheduler.NextAlarm]. Bringing
// the Store up to date on a message takes several steps, which [Scheduler.NextStep] and
// [Scheduler.StepDone] give one by one.
//
// The package has no clock, lock, goroutine or context, and does no I/O: every event
// brings the time with it, and the driver, package dispatch, holds one lock around each
// of them.
//
// # Parts
//
// A [Message] has recipients. Those that go to one next hop together are a [Transfer]. It
// waits in the lane of its source and its hop. queues holds hops, lanes and sources, and
// knows whose turn it is. A hop of limited smart hosts has a pace, which waits for room at
// its accounts. place puts messages into the queues, Ended takes the results out of the
// attempts.
package schedule
