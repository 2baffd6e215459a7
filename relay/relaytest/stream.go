package relaytest

import (
	"bytes"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferSize bounds the bytes in one direction of a connection. TLS records of 16 KiB
// and an SMTP pipeline fit, so that two sides that both write first don't deadlock.
const bufferSize = 64 << 10

// keptSize is how much memory an empty buffer keeps: a Buffer may grow beyond bufferSize, and tests
// measure what connections take.
const keptSize = 4 << 10

// stream is one direction of a connection: a bounded queue of bytes.
type stream struct {
	mu       sync.Mutex
	readable sync.Cond
	writable sync.Cond

	buf bytes.Buffer // of at most bufferSize bytes

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
		case s.buf.Len() > 0:
			s.writable.Broadcast()
			n, err := s.buf.Read(p)
			if s.buf.Len() == 0 && s.buf.Cap() > keptSize {
				s.buf = bytes.Buffer{}
			}
			return n, err
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
		case s.buf.Len() < bufferSize:
			n, _ := s.buf.Write(p[done:min(len(p), done+bufferSize-s.buf.Len())]) // never fails
			done += n
			s.readable.Broadcast()
			continue
		}
		s.writable.Wait()
	}
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
