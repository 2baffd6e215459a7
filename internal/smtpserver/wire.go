package smtpserver

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"
)

// Why reading from the client ended. These errors are sticky: after a failed read
// nothing more is read, so that bytes which a slow client sends later can't be
// taken for commands.
var (
	errTimeout  = errors.New("timed out")
	errShutdown = errors.New("shutting down")
	errGone     = errors.New("client gone")

	// errNoBuffer is not sticky: a line needed a big buffer while all were in use.
	errNoBuffer = errors.New("no buffer")
)

// errTooMuch is the error of a discard that is longer than its limit.
var errTooMuch = errors.New("too much to discard")

// wire reads and writes the bytes of a connection, buffered both ways, with
// deadlines.
type wire struct {
	raw        net.Conn // below TLS
	conn       net.Conn // raw, or TLS on it
	inactivity time.Duration
	end        time.Time // the end of the connection, at the latest

	buf     []byte // unread bytes are buf[r:n]
	r, n    int
	full    bool       // the last read filled buf
	source  netip.Addr // for buffers
	buffers *Buffers
	big     *[bigBuffer]byte // one of buffers, which buf is a slice of; nil: buf is small
	err     error            // sticky error of reading

	out    []byte // replies not yet sent
	outErr error

	armed time.Time // the deadline set on conn, for reading and writing; zero: unknown

	small [smallBuffer]byte
	gate  gate
}

func (w *wire) init(conn net.Conn, cfg *Config) {
	w.raw, w.conn, w.buffers, w.source = conn, conn, cfg.Buffers, cfg.Source
	w.inactivity, w.end = cfg.InactivityTimeout, time.Now().Add(cfg.ConnectionTimeout)
	w.buf = w.small[:]
}

// unread returns the bytes that were read and not yet used. They are valid until
// the next fill.
func (w *wire) unread() []byte { return w.buf[w.r:w.n] }

// skip drops the first n unread bytes.
func (w *wire) skip(n int) { w.r += n }

// fill reads more bytes behind the unread ones. Replies go out first: the client
// may be waiting for them, and a batch of pipelined commands is answered in one
// write. With idle, a shutdown ends the read.
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
		w.armed = time.Time{} // beginShutdown may have moved the deadline
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
	if d := now.Add(w.inactivity); d.Before(w.end) {
		return d
	}
	return w.end
}

// setDeadline makes end the deadline of conn, for reading and writing, unless conn
// has one that is only a little earlier. A deadline is a timer, and on a busy
// connection moving it costs more than the accuracy is worth.
func (w *wire) setDeadline(end time.Time) error {
	if !w.armed.IsZero() && !w.armed.After(end) && end.Sub(w.armed) <= w.tolerance() {
		return nil
	}
	w.armed = end
	return w.conn.SetDeadline(end)
}

// tolerance is by how much time may be up too early.
func (w *wire) tolerance() time.Duration { return min(w.inactivity/64, writeGrace/4) }

// readSome reads from r. Unlike Read it never returns 0, nil.
func readSome(r io.Reader, p []byte) (int, error) {
	for range 16 {
		if n, err := r.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// readError returns the sticky error for an error of conn.
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

// grow changes to a big buffer, if one is free.
func (w *wire) grow() {
	if w.big != nil {
		return
	}
	if w.big = w.buffers.take(w.source); w.big == nil {
		return
	}
	w.n = copy(w.big[:], w.buf[w.r:w.n])
	w.r, w.buf = 0, w.big[:]
}

// shrink gives a big buffer back if its unread bytes fit into the small one.
func (w *wire) shrink() {
	if w.big == nil || w.n-w.r > smallBuffer {
		return
	}
	n := copy(w.small[:], w.buf[w.r:w.n])
	w.release()
	w.n = n
}

// release gives a big buffer back and drops the unread bytes.
func (w *wire) release() {
	if w.big != nil {
		w.buffers.put(w.big, w.source)
	}
	w.big, w.buf, w.r, w.n, w.full = nil, w.small[:], 0, 0, false
}

// discard drops n bytes of content, or returns errTooMuch if limit is less.
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

// flush sends the buffered replies.
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

// beginShutdown closes the gate and interrupts a read that waits there.
func (w *wire) beginShutdown() {
	w.gate.Lock()
	defer w.gate.Unlock()
	w.gate.closed = true
	if w.gate.waiting {
		_ = w.raw.SetReadDeadline(time.Unix(1, 0))
	}
}
