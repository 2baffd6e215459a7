package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// syncs counts how often the queue makes something durable, in runs of their own
// under strace, which stops at nothing but these calls.
func (b *bench) syncs(peers []*peer, messages int) {
	fmt.Println("\nSyncs a message (under strace)")
	for _, r := range peers {
		for _, sessions := range []int{1, 10, 50} {
			aim := 1.0
			if sessions == 50 {
				aim = 0.3
			}
			all := b.countSyncs(r, load{true, sessions, messages, 1 << 10})
			first := b.countSyncs(r, load{true, 1, 1, 1 << 10}) // a message, and those that begin and end a queue
			target{what: fmt.Sprintf("6 kept %3d: %s", sessions, r.name), got: float64(all-first) / float64(messages-1),
				ambitious: aim, atMost: true}.print()
		}
	}
}

// countSyncs returns how many syncs there were under a load.
func (b *bench) countSyncs(r *peer, l load) int {
	counts := filepath.Join(b.dir, "syncs")
	p, clean := r.start(b.dir, "strace", "-f", "--seccomp-bpf", "-c", "-o", counts,
		"-e", "trace=fsync,fdatasync,sync_file_range,msync,syncfs,sync")
	defer clean()
	had := b.sink.messages()
	l.send(r.addr)
	b.sink.await(had + l.messages)
	p.stop() // strace writes what it has counted when the program has ended
	data, err := os.ReadFile(counts)
	check(err)
	return countedCalls(string(data))
}

// countedCalls returns the calls in strace's table, whose lines are share,
// seconds, microseconds a call, calls, errors if any, and name.
func countedCalls(table string) (calls int) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if n, err := strconv.Atoi(f[3]); err == nil {
			calls += n
		}
	}
	return calls
}
