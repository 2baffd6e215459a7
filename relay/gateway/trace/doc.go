// Package trace tells what became of messages, from the rows of message tracking logs and from the queue of a
// running gateway: gateway trace and the console print what it says. Addresses, subjects, names and replies are
// text of others, which the caller makes printable.
package trace
