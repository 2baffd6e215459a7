// Package queuetest is for tests of and with queues: [NewStore] is a queue.Store
// in memory, and [Run] is the conformance suite that every queue.Store should
// pass.
//
// The Store in memory is also the slow, obvious twin of others: it looks through
// everything for each answer, so that what it does can be seen to be right.
package queuetest
