// Package message has whole messages: a [Message] can be read as often as one likes, and its
// [Header] can be changed. Hooks of a relay.Server get each message that arrives as one, and
// a delivery.Sender shows each message that leaves as one, so that a filter can look at it, add
// fields, or sign it.
//
// A message is held once: in memory up to 256 KiB, beyond that in a file without a name. A
// [Pool] says how much memory and which directory. A source that can be read again, because it
// has Seek, ReadAt and Size as a *bytes.Reader has, isn't copied; the content of a message on
// the queue is such a source. Only a message that a delivery.Sender converts to 7 bits for
// Prepare is another one, and held beside the original.
package message
