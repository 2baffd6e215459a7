package relaytest

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferSize bounds the bytes in one direction of a connection. TLS records of 16 KiB
// and an SMTP pipeline fit, so that two sides that both write first don't deadlock.
const bufferSize = 64 << 10

// stream is one direction of a connection: a bounded queue of bytes.
type stream struct {
	mu       sync.Mutex
	readable sync.Cond
	writable sync.Cond

	buf  []byte // a ring; grows up to bufferSize
	head int
	size int

	readLimit  deadline
	writeLimit deadline

	ended bool // the writer sends no more: EOF after what is buffered
	gone  bool // the reader has closed: writing is pointless
	reset bool // torn down: both sides fail at once
}

func newStream() *stream {
	s := &stream{}
	s.readable.L, s.writable.L = &s.mu, &s.mu
	return s
}

// read reads buffered bytes, or waits for some.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.gone:
			return 0, io.ErrClosedPipe
		case s.readLimit.passed:
			return 0, os.ErrDeadlineExceeded
		case s.reset:
			return 0, syscall.ECONNRESET
		case len(p) == 0:
			return 0, nil
		case s.size > 0:
			n := s.take(p)
			s.writable.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.readable.Wait()
	}
}

// write buffers all of p, and waits for room if it must.
func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := 0
	for {
		switch {
		case s.ended:
			return done, io.ErrClosedPipe
		case s.writeLimit.passed:
			return done, os.ErrDeadlineExceeded
		case s.reset:
			return done, syscall.ECONNRESET
		case s.gone:
			return done, syscall.EPIPE
		case done == len(p):
			return done, nil
		case s.size < bufferSize:
			done += s.put(p[done:])
			s.readable.Broadcast()
			continue
		}
		s.writable.Wait()
	}
}

// take moves buffered bytes from the ring to p.
func (s *stream) take(p []byte) int {
	done := 0
	for done < len(p) && s.size > 0 {
		end := min(s.head+s.size, len(s.buf))
		n := copy(p[done:], s.buf[s.head:end])
		s.head = (s.head + n) % len(s.buf)
		s.size -= n
		done += n
	}
	return done
}

// put moves bytes of p into the ring, after growing it.
func (s *stream) put(p []byte) int {
	if need := min(s.size+len(p), bufferSize); need > len(s.buf) {
		grown := make([]byte, min(bufferSize, max(2*len(s.buf), need, 512)))
		s.size, s.head, s.buf = s.take(grown), 0, grown
	}
	done := 0
	for done < len(p) && s.size < len(s.buf) {
		tail := (s.head + s.size) % len(s.buf)
		end := len(s.buf)
		if tail < s.head {
			end = s.head
		}
		n := copy(s.buf[tail:end], p[done:])
		s.size += n
		done += n
	}
	return done
}

// change applies f and wakes all waiting calls.
func (s *stream) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.readable.Broadcast()
	s.writable.Broadcast()
}

// setLimit sets one of the two deadlines.
func (s *stream) setLimit(d *deadline, t time.Time) {
	s.change(func() { d.set(t, s) })
}

// deadline is a point in time after which reading or writing fails. Its timer
// is made once: connections set deadlines all the time.
type deadline struct {
	at     time.Time
	timer  *time.Timer
	passed bool
}

// set is called with the lock of s held.
func (d *deadline) set(t time.Time, s *stream) {
	d.at = t
	d.passed = false
	if t.IsZero() {
		d.stop()
		return
	}
	left := time.Until(t)
	switch {
	case left <= 0:
		d.stop()
		d.passed = true
	case d.timer == nil:
		d.timer = time.AfterFunc(left, func() { s.change(d.check) })
	default:
		d.timer.Reset(left)
	}
}

// check is called when the timer fires, perhaps for a deadline that was
// replaced meanwhile.
func (d *deadline) check() {
	if d.at.IsZero() {
		return
	}
	if left := time.Until(d.at); left > 0 {
		d.timer.Reset(left)
		return
	}
	d.passed = true
}

// stop stops the timer.
func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}
