// Package relaytest is an in-memory network for testing mail relays, with the
// parties that such a test needs: a next hop that a script makes as difficult
// as the test wants it ([Sink]), a client that says exactly what it is told
// ([Client]), a resolver ([Resolver]) and a certificate authority ([Authority]).
//
// A policy depends on addresses: which one the client came from, which one it
// connected to. On a [Network] a test takes whatever addresses it likes, needs
// no privileges and touches no real interface. Connections have the
// *net.TCPAddr of both sides, deadlines, half close and reset, and buffer a
// bounded number of bytes each way, so that code written for TCP runs on them
// unchanged. They block on nothing but sync.Cond and timers, and therefore work
// inside testing/synctest bubbles, where timeouts cost no time.
//
// Nothing here is meant for production use.
package relaytest
