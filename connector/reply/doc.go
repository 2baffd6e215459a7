// Package reply holds the SMTP replies that Interchange gives and the reasons for
// them.
//
// A [Reason] says why a command was accepted or refused. Its name, such as
// "relay-denied", is stable: programs and logs may depend on it. [Reason.Reply]
// turns it into the [Reply] that the client gets, with the enhanced status code
// and the words of an Exchange edition. [permission.Exchange2007] has the generic
// code 5.7.1 where later editions have 5.7.54, 5.7.57 and 5.7.60.
//
// The table in replies.go holds every reason with its name, a sentence on what it
// means and its reply. No reply repeats bytes that a client sent.
package reply
