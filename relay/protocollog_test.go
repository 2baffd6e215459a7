package relay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
)

// fullDisk is a file on a disk with room for so many bytes.
type fullDisk struct {
	mu   sync.Mutex
	text strings.Builder
	room int
}

// Write implements io.Writer.
func (d *fullDisk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(p), d.room)
	d.room -= n
	d.text.Write(p[:n])
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// clear makes room for n bytes.
func (d *fullDisk) clear(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = n
}

func verbose() connector.Receive {
	r := defaultHub()
	r.ProtocolLoggingLevel = param.LoggingVerbose
	return r
}

// A protocol log that can't be written stops no mail; one line says when that
// begins, and at the end how many lines are missing.
func TestProtocolLogFails(t *testing.T) {
	w := serve(t, policy(t, verbose()), func(s *relay.Server) { s.ProtocolLog = failingWriter{} })
	c := w.begin()
	send(c, message, 250)
	c.Do("QUIT", 221)
	w.waitForEnd()
	if n := strings.Count(w.log.String(), `"protocol log: writing fails, lines are lost" error="disk full"`); n != 1 {
		t.Errorf("logged %d times", n)
	}
	if err := w.server.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(w.log.String(), `"protocol log: the last lines are lost" lost=`) {
		t.Errorf("the lost lines aren't counted:\n%s", w.log)
	}
}

// After its disk was full a protocol log is written again, with its
// header, if that was lost, every line on one of its own, and the lost ones counted.
func TestProtocolLogResumes(t *testing.T) {
	for _, room := range []int{0, 50, 400} {
		disk := &fullDisk{room: room}
		w := serve(t, policy(t, verbose()), func(s *relay.Server) { s.ProtocolLog = disk })
		session := func() {
			c := w.hello(stranger, hub)
			c.Do("QUIT", 221)
			w.waitForEnd()
		}
		session()
		disk.clear(1 << 20)
		session()
		lines := strings.Split(strings.TrimSuffix(disk.text.String(), "\r\n"), "\r\n")
		headers, whole, torn := 0, 0, 0
		for _, line := range lines {
			switch {
			case strings.HasPrefix(line, "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"):
				headers++
			case strings.HasPrefix(line, "#"):
			case strings.Count(line, ",") >= 8:
				whole++
			default:
				torn++
			}
		}
		// Of the first session what there was room for, of the second everything.
		if headers != 1 || whole < 10 || torn > 1 {
			t.Errorf("room for %d: %d headers, %d lines, %d parts of one:\n%s", room, headers, whole, torn, strings.Join(lines, "\n"))
		}
		_, rest, ok := strings.Cut(w.log.String(), `"protocol log: writing works again" lost=`)
		var lost int
		if n, err := fmt.Sscan(rest, &lost); !ok || n != 1 || err != nil || lost == 0 {
			t.Errorf("room for %d: the lost lines aren't counted:\n%s", room, w.log)
		}
	}
}
