package smtpserver

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// Why reading from the client ended. They are sticky: once a read has failed,
// nothing more is ever read, so that what a slow client sends later cannot be
// taken for commands.
var (
	errTimeout  = errors.New("timed out")
	errShutdown = errors.New("shutting down")
	errGone     = errors.New("client gone")

	// errNoBuffer is not sticky: it is about a line that needs a big buffer
	// when none is left.
	errNoBuffer = errors.New("no buffer")
)

// errTooMuch is the error of a discard that is longer than its limit.
var errTooMuch = errors.New("too much to discard")

// wire is the connection as octets: buffered both ways, with deadlines.
type wire struct {
	raw        net.Conn // below TLS
	conn       net.Conn // what is read and written: raw, or TLS on it
	inactivity time.Duration
	until      time.Time // the end of the connection

	buf  []byte // unread octets are buf[r:n]
	r, n int
	full bool // the last read filled buf
	bigs *Buffers
	big  *[bigBuffer]byte // what buf is a slice of, if it is one of bigs
	err  error            // sticky error of reading

	out    []byte // replies not yet sent
	outErr error

	by time.Time // the deadline of conn, reading and writing; zero: none of ours

	small [smallBuffer]byte
	gate  gate
}

func (w *wire) init(conn net.Conn, bigs *Buffers, inactivity, total time.Duration) {
	w.raw, w.conn, w.bigs, w.inactivity, w.until = conn, conn, bigs, inactivity, time.Now().Add(total)
	w.buf = w.small[:]
}

// unread returns the octets that are there. They are valid until the next fill.
func (w *wire) unread() []byte { return w.buf[w.r:w.n] }

// skip drops the first n unread octets.
func (w *wire) skip(n int) { w.r += n }

// fill reads more octets behind the unread ones. Replies go out first: a
// client that we wait for must know what it waits for, and a batch of
// pipelined commands is answered in one write.
func (w *wire) fill(idle bool) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.flush(); w.err != nil {
		return w.err
	}
	if !w.makeRoom() {
		return errNoBuffer
	}
	if w.setDeadline(w.deadline(time.Now())) != nil {
		w.err = errGone
		return w.err
	}
	if idle && !w.gate.enter() {
		w.err = errShutdown
		return w.err
	}
	n, err := readSome(w.conn, w.buf[w.n:])
	w.n += n
	w.full = w.n == len(w.buf)
	stopping := idle && w.gate.leave()
	if stopping {
		w.by = time.Time{} // beginShutdown may have moved the deadline
	}
	switch {
	case err == nil:
	case stopping:
		w.err = errShutdown
	default:
		w.err = readError(err)
	}
	if n > 0 {
		return nil
	}
	return w.err
}

// deadline returns when a wait that begins now is over.
func (w *wire) deadline(now time.Time) time.Time {
	if d := now.Add(w.inactivity); d.Before(w.until) {
		return d
	}
	return w.until
}

// setDeadline makes end the deadline of conn, unless the one that it has is a little
// earlier. A deadline is a timer, which on a busy connection costs more to move
// than it is worth: nobody can tell whether a client was given all of ten
// minutes. One for both ways is one timer.
func (w *wire) setDeadline(end time.Time) error {
	little := min(w.inactivity/64, writeGrace/4)
	if !w.by.IsZero() && !w.by.After(end) && end.Sub(w.by) <= little {
		return nil
	}
	w.by = end
	return w.conn.SetDeadline(end)
}

// readSome is a Read that never returns 0, nil.
func readSome(r io.Reader, p []byte) (int, error) {
	for range 16 {
		if n, err := r.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

func readError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errTimeout
	}
	return errGone
}

// makeRoom moves the unread bytes to the front, and to a big buffer if the last
// read filled the small one. It reports whether there is room.
func (w *wire) makeRoom() bool {
	if w.r > 0 {
		w.n = copy(w.buf, w.buf[w.r:w.n])
		w.r = 0
	}
	if w.full {
		w.grow()
	}
	return w.n < len(w.buf)
}

// grow changes to a big buffer, if there is one.
func (w *wire) grow() {
	if w.big != nil {
		return
	}
	if w.big = w.bigs.take(); w.big == nil {
		return
	}
	w.n = copy(w.big[:], w.buf[w.r:w.n])
	w.r, w.buf = 0, w.big[:]
}

// shrink gives a big buffer back when its rest fits into the small one.
func (w *wire) shrink() {
	if w.big == nil || w.n-w.r > smallBuffer {
		return
	}
	n := copy(w.small[:], w.buf[w.r:w.n])
	w.release()
	w.n = n
}

// release gives a big buffer back with all that is in it.
func (w *wire) release() {
	if w.big != nil {
		w.bigs.put(w.big)
	}
	w.big, w.buf, w.r, w.n, w.full = nil, w.small[:], 0, 0, false
}

// discard drops n bytes of content, but not more than limit.
func (w *wire) discard(n, limit int64) error {
	if n > limit {
		return errTooMuch
	}
	defer w.shrink()
	for n > 0 {
		if len(w.unread()) == 0 {
			if err := w.fill(false); err != nil {
				return err
			}
		}
		drop := min(n, int64(len(w.unread())))
		w.skip(int(drop))
		n -= drop
	}
	return nil
}

// flush sends the replies that wait.
func (w *wire) flush() error {
	if len(w.out) == 0 || w.outErr != nil {
		return w.outErr
	}
	now := time.Now()
	deadline := w.deadline(now)
	if grace := now.Add(writeGrace); deadline.Before(grace) {
		deadline = grace
	}
	_ = w.setDeadline(deadline)
	_, err := w.conn.Write(w.out)
	w.out = w.out[:0]
	if cap(w.out) > smallBuffer {
		w.out = nil
	}
	if err != nil {
		w.outErr = readError(err)
	}
	return w.outErr
}

// beginShutdown begins the shutdown and wakes a read that waits.
func (w *wire) beginShutdown() {
	w.gate.Lock()
	defer w.gate.Unlock()
	w.gate.closed = true
	if w.gate.waiting {
		_ = w.raw.SetReadDeadline(time.Unix(1, 0))
	}
}
