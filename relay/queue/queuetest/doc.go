// Package queuetest helps to test queues: [Store] is a queue.Store in memory, and [Run]
// is the conformance suite that every queue.Store should pass. [RunShared] is for Stores
// that several processes use, [RunCrash] and [RunFull] are for those whose test can kill
// a process or fill a disk. [Diff] compares messages field by field.
//
// The Store in memory is slow and obvious, so that other Stores can be compared with
// it: it searches all messages for each answer.
package queuetest
