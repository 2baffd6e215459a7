// Package ledger tests that no accepted message is lost: clients send numbered
// messages through the real gateway program, which is killed again and again
// and started again on the same data directory, while its next hops refuse, hang
// and break connections, and its disk is full now and then. In the end every message
// that was acknowledged has arrived, is on the queue, or was reported to its
// sender; and for every copy too many there is a reason that no gateway could avoid.
//
// A gateway is also stopped by SIGSTOP for longer than its leases last. With the
// other tests that one is built with the tag shortlease, which makes its leases last
// 3 seconds and changes nothing else.
//
// In the soak, hostile clients are among the others and the policy is replaced every second; at its end the gateway
// takes no more memory, goroutines and file descriptors than after a warm-up, and its logs tell of every message.
//
// It takes a few seconds with the other tests. INTERCHANGE_LEDGER=10m makes it
// last ten minutes, with leases of two minutes, and INTERCHANGE_LEDGER_SEED=n repeats the choices, though
// not the times, of another run. INTERCHANGE_SOAK=10m does the same for the soak. The part with the full disk needs root,
// and the soak needs Linux.
package ledger
