// Package spool keeps a queue in a directory: a [queue.Store] that needs no
// server. [Open] opens it.
//
// # What is where
//
//	lock       locked by the process that has the spool open
//	journal/   the messages, and what has become of them, in the order of events
//	bodies/    the bytes of large messages, a file for each
//	damaged/   what was found damaged and set aside
//
// The journal is a sequence of files, its segments. A segment is text where the
// messages in it are: each record is a header line with lengths and checksums,
// a line of JSON, and for a new message its bytes as they came. So less and
// grep show what is on the queue, and what was. Nothing else may write there.
//
// # When a message is safe
//
// Put and Save return when the record is on the disk and so are the names of the
// files that it is in or needs. Those who come at the same time share one sync;
// who comes alone doesn't wait for company. What a crash tears was never
// acknowledged.
//
// After an error the segment that had it is given up, with what was not yet
// durable in it, and everybody who waits is told; the next message begins a
// new one. No error is asked about a second time: what an operating system
// says then means nothing.
//
// # Damage
//
// Each record has checksums of its header, its JSON and its bytes. Opening a
// spool reads all headers and JSON, and the bytes only of what a crash has left
// open; Open reads those of its message before anybody else gets to see
// them. What isn't right is copied to damaged and logged with the name of the
// copy, and with the message's ID if that can still be read; the rest goes on.
// A message whose bytes alone are damaged stays on the queue, and Open says
// queue.ErrDamaged, so that its sender can be told.
//
// A message can't pass for a record, whatever a client writes into it: where
// damage makes the reader look for the next record, that must begin with the
// random number that stands in the segment's name.
//
// # Space
//
// A segment is removed when no message needs it and those before it are gone.
// When more than half of the journal and a segment's size are not needed, the
// messages of the oldest segments are copied to the newest. An empty journal
// takes at most 1 MiB, and none when the spool is closed.
//
// In memory a message takes some 300 bytes, whatever it says.
//
// # Several processes
//
// One process at a time can open a spool. All leases end when it closes the
// spool or dies: whoever opens it next can claim everything.
package spool
