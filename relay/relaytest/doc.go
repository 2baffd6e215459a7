// Package relaytest is an in-memory network for testing mail relays, with the
// parties that such a test needs: a next hop whose replies a script can change
// ([Sink]), a client that sends exactly the lines of the test ([Client]), a resolver
// ([Resolver]), a certificate authority ([Authority]) and a log ([Log]).
//
// A policy depends on addresses: the client's, and the one to which it connected. On
// a [Network] a test uses any addresses, needs no privileges and touches no real
// interface. Connections have the *net.TCPAddr of both sides, deadlines, half close and
// reset, and buffer a bounded number of bytes each way, so that code written for TCP runs
// on them unchanged. They wait only for sync.Cond and timers, and therefore work inside
// testing/synctest bubbles, where timeouts cost no time.
//
// The package is for tests only.
package relaytest
