// Package reply holds the SMTP replies that Interchange gives and the reasons for
// them.
//
// A [Reason] says why a command was accepted or refused. Its name, such as
// "relay-denied", is stable: programs and logs may depend on it. [Reason.Reply]
// turns it into the [Reply] that the client gets, with the enhanced status code
// and the words of an Exchange edition. [permission.Exchange2007] has the generic
// code 5.7.1 where later editions have 5.7.54, 5.7.57 and 5.7.60.
//
// The table in replies.go has each reason with its name, its meaning in a sentence, and
// its reply. No reply repeats bytes that a client sent.
package reply
