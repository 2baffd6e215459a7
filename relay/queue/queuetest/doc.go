// Package queuetest helps to test queues: [NewStore] is a queue.Store in memory, and
// [Run] is the conformance suite that every queue.Store should pass.
//
// The Store in memory is slow and obvious, so that other Stores can be compared with
// it: it searches all messages for each answer.
package queuetest
