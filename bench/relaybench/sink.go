package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const sinkAddr = "127.0.0.1:2620"

// sink is the next hop, Postfix's smtp-sink, which records how many
// messages it has received.
type sink struct {
	*process
	counters *os.File
}

func startSink(dir string) *sink {
	refuseOccupied(sinkAddr)
	p := start(dir, "sink", nil, "smtp-sink", "-c", "-u", "nobody", sinkAddr, "1024")
	awaitPort(sinkAddr)
	f, err := os.Open(filepath.Join(dir, "sink.log"))
	check(err)
	return &sink{p, f}
}

// messages returns how many it has received: the last of its counters, each of which
// is "sess=1 quit=2 mesg=3" and a CR.
func (s *sink) messages() int {
	size, err := s.counters.Seek(0, 2)
	check(err)
	b := make([]byte, min(size, 256))
	_, err = s.counters.ReadAt(b, size-int64(len(b)))
	check(err)
	text := string(b[:strings.LastIndexByte(string(b), '\r')+1])
	_, count, ok := strings.Cut(text[strings.LastIndex(text, "sess=")+1:], "mesg=")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(count))
	check(err)
	return n
}

// await returns when it has received n messages.
func (s *sink) await(n int) {
	for end := time.Now().Add(2 * time.Minute); s.messages() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			check(fmt.Errorf("of %d messages smtp-sink got %d", n, s.messages()))
		}
	}
}

// load is the mail that smtp-source sends.
type load struct {
	kept     bool // connections are kept; otherwise each message has its own
	sessions int
	messages int
	size     int
}

// mode says whether connections are kept.
func (l load) mode() string {
	if l.kept {
		return "kept"
	}
	return "new"
}

// String names the load, without the number of messages.
func (l load) String() string {
	return fmt.Sprintf("connections %s, %d sessions, messages of %d KiB", l.mode(), l.sessions, l.size>>10)
}

// send has smtp-source send l to addr and returns the CPU time that took it.
func (l load) send(addr string) (cpu time.Duration) {
	args := []string{"-s", strconv.Itoa(l.sessions), "-m", strconv.Itoa(l.messages), "-l", strconv.Itoa(l.size),
		"-f", "sender@example.org", "-t", "rcpt@example.net"}
	if l.kept {
		args = append(args, "-d")
	}
	cmd := exec.Command("smtp-source", append(args, addr)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		check(fmt.Errorf("smtp-source to %s: %w\n%s", addr, err, out))
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
