package smtpserver

import "io"

// StrictReader reads a message that another server has taken from the wire, dots removed,
// by the same rules as this one: it fails at a bare CR, a bare LF or NUL, or puts CR
// before every bare LF. For use by one goroutine at a time.
type StrictReader struct {
	body body
	src  readerSource
}

// NewStrictReader returns a StrictReader of r. With linefeedOK a bare LF ends a line.
func NewStrictReader(r io.Reader, linefeedOK bool) *StrictReader {
	s := &StrictReader{src: readerSource{r: r}}
	s.body = body{src: &s.src, strict: true, mend: linefeedOK, check: contentCheck{linefeedOK: linefeedOK}}
	return s
}

// Read implements io.Reader. After an error, Forbidden says whether the content is the cause.
func (s *StrictReader) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if s.body.cause != nil {
		err = s.body.cause
	}
	return n, err
}

// Forbidden reports whether something was read that must not be in a message.
func (s *StrictReader) Forbidden() bool { return s.body.check.bad }

// readerSource is a source behind another server.
type readerSource struct {
	r      io.Reader
	err    error // sticky: what follows a failed read isn't the message
	buffer [4096]byte
}

// next implements source.
func (s *readerSource) next() ([]byte, error) {
	for s.err == nil {
		n, err := s.r.Read(s.buffer[:])
		s.err = err
		if n > 0 {
			return s.buffer[:n], nil
		}
	}
	return nil, s.err
}

// discard implements source: the other server does it.
func (*readerSource) discard(int64, *contentCheck) error { return nil }
