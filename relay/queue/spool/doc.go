// Package spool keeps a queue in a directory: a [queue.Store] that needs no server.
// [Open] opens it.
//
// # The directory
//
//	lock       locked by the process that has the spool open
//	journal/   the messages and the changes to them, in the order of events
//	bodies/    the content of large messages, a file for each
//	damaged/   copies of damaged records and files
//
// The journal is a sequence of files, its segments. A segment is text as far as its
// messages are text: each record is a header line with lengths and checksums, a line
// of JSON, and for a new message its content as it came. So less and grep show the
// present and past messages. No other program may write to the directory.
//
// # When a message is safe
//
// Put and Save return when the record, and the names of the files that hold or
// belong to it, are on the disk. Calls at the same time share one sync; a single
// call doesn't wait for others. A record that a crash tears was never acknowledged.
//
// After an error in writing, the spool gives up the segment together with the records
// that were not yet durable, and returns the error to every caller that waits for
// one of them. The next record begins a new segment. The spool never retries a
// failed sync: an operating system may report the error only once.
//
// # Damage
//
// Each record has checksums of its header, its JSON and its content. Opening a spool
// checks all headers and JSON; it checks content only in segments that a crash has
// left open. Spool.Open checks the content of its message before it returns. Damaged
// records are copied to damaged and logged with the name of the copy and, if it can
// be read, the message's ID; all other messages stay on the queue. A message of which
// only the content is damaged stays on the queue too, and Spool.Open returns
// queue.ErrDamaged for it, so that its sender can get a report.
//
// A client can't write a message that is taken for a record: where the spool searches
// for the next record after damage, that record must begin with the random number in
// the segment's name.
//
// # Space
//
// The spool removes a segment when no message needs it and all earlier segments are
// gone. When more than half of the journal and the size of one segment are not
// needed, it copies the messages of the oldest segments to the newest. An empty
// journal takes at most 1 MiB, and nothing once the spool is closed.
//
// In memory a message takes some 300 bytes, whatever its size.
//
// # Several processes
//
// One process at a time can open a spool. All leases end when it closes the spool or
// dies; the next process can claim every message.
package spool
