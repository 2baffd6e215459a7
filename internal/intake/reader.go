package intake

import (
	"errors"
	"io"
	"time"

	"github.com/interchange-smtp/interchange/internal/limits"
)

// errTooLarge is the error of a message that is longer than its limit.
var errTooLarge = errors.New("message too large")

// limitReader counts the bytes that are read, and fails for good beyond limit.
type limitReader struct {
	r      io.Reader
	limit  int64          // 0: unlimited
	budget *limits.Budget // pays for what is read while it is kept in memory; nil: it isn't kept
	n      int64
	err    error
	ended  time.Time // when the end was read
}

// Read implements io.Reader.
func (l *limitReader) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	l.n += int64(n)
	if l.limit > 0 && l.n > l.limit {
		l.err = errTooLarge
	} else if l.budget != nil {
		l.err = l.budget.Header(p[:n])
	}
	if l.err != nil {
		return 0, l.err
	}
	if l.err = err; err == io.EOF {
		l.ended = time.Now()
	}
	return n, err
}

// bodyReader is the message that a handler reads. It remembers how reading ended.
type bodyReader struct {
	r     io.Reader
	err   error // io.EOF: the message was read to its end
	holes bool  // the handler can't have all of it
}

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	b.err = err
	return n, err
}

// WriteTo implements io.WriterTo, for io.Copy. After a failure of w it is unknown how
// much of the message w has, so reading on can't make up for it: the handler can no
// longer accept. It may still choose the reply, because the message didn't fail.
func (b *bodyReader) WriteTo(w io.Writer) (int64, error) {
	switch b.err {
	case nil:
	case io.EOF:
		return 0, nil
	default:
		return 0, b.err
	}
	sink := &errorWriter{w: w}
	n, err := io.Copy(sink, b.r)
	switch {
	case err == nil:
		b.err = io.EOF
	case sink.err != nil:
		b.holes = true
	default:
		b.err = err
	}
	return n, err
}

// errorWriter remembers that w failed.
type errorWriter struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (e *errorWriter) Write(p []byte) (int, error) {
	n, err := e.w.Write(p)
	if err != nil {
		e.err = err
	}
	return n, err
}
