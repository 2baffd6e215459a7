// Package relaytest is for tests of mail servers. [NewServer] starts a relay.Server for one test,
// in the manner of package httptest: a policy goes in, an address comes out. Beneath it is a
// network in memory, with the parties that such a test needs: a next hop whose replies a script can change
// ([Sink]), a client that sends exactly the lines of the test ([Client]), a resolver
// ([Resolver]), a certificate authority ([Authority]) and a log ([Log]).
//
// A policy depends on addresses: the client's, and the one to which it connected. On
// a [Network] a test uses any addresses, needs no privileges and touches no real
// interface. Connections have the *net.TCPAddr of both sides, deadlines, half close and
// reset, and buffer a bounded number of bytes each way, so that code written for TCP runs
// on them unchanged.
//
// # Days in milliseconds
//
// Connections wait only for sync.Cond and timers, and therefore work inside testing/synctest
// bubbles, where waiting costs no time. So do packages relay, delivery and dispatch: two days of
// retries, with the delay report and the final one, are a test of a few milliseconds. That is
// the way to test them; there is no other clock to replace.
//
// The package is for tests only.
package relaytest
