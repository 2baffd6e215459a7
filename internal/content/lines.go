package content

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// The errors of lines that can't be part of a message.
var (
	ErrBareCR = errors.New("a carriage return without a line feed")
	ErrNUL    = errors.New("a NUL byte")
)

// IsLineError reports whether err is that of a line that can't be part of a message.
func IsLineError(err error) bool { return errors.Is(err, ErrBareCR) || errors.Is(err, ErrNUL) }

// LineReader reads lines that end in LF or CRLF, with CRLF. The last line gets an end if it has none. A
// bare CR and NUL are errors, with the number of the line.
type LineReader struct {
	r        *bufio.Reader
	lines    int    // that were read whole
	text     bool   // the line has begun
	pending  []byte // still to be returned
	eightBit bool
	changed  bool // a line didn't end in CRLF
	err      error
	memory   [2]byte
}

// NewLineReader returns a LineReader of the lines of r.
func NewLineReader(r io.Reader) *LineReader { return &LineReader{r: bufio.NewReader(r)} }

// WithCRLF returns a reader of r's lines, as a LineReader reads them. A message that can be read again is
// checked at once, and returned as it is if all its lines end in CRLF.
func WithCRLF(r io.Reader) (io.Reader, error) {
	lines := NewLineReader(r)
	seeker, ok := r.(io.Seeker)
	if !ok {
		return lines, nil
	}
	at, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil { // a pipe, for example
		return lines, nil
	}
	if _, err := io.Copy(io.Discard, lines); err != nil {
		return nil, err
	}
	if _, err := seeker.Seek(at, io.SeekStart); err != nil {
		return nil, err
	}
	if lines.changed {
		return NewLineReader(r), nil
	}
	return r, nil
}

// EightBit reports whether a byte that was read is not ASCII.
func (c *LineReader) EightBit() bool { return c.eightBit }

// Read implements io.Reader.
func (c *LineReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(c.pending) > 0 {
			k := copy(p[n:], c.pending)
			n, c.pending = n+k, c.pending[k:]
			continue
		}
		if c.err != nil {
			break
		}
		c.next()
	}
	if n == 0 && len(p) > 0 {
		return 0, c.err
	}
	return n, nil
}

// next reads one more byte, or line end.
func (c *LineReader) next() {
	b, err := c.r.ReadByte()
	cr := b == '\r' && err == nil
	if cr {
		if b, err = c.r.ReadByte(); b != '\n' || err != nil {
			c.err = fmt.Errorf("line %d has %w", c.lines+1, ErrBareCR)
			return
		}
	}
	switch {
	case err != nil:
		if c.err = err; err == io.EOF && c.text {
			c.endLine(false)
		}
	case b == 0:
		c.err = fmt.Errorf("line %d has %w", c.lines+1, ErrNUL)
	case b == '\n':
		c.endLine(cr)
	default:
		c.text, c.eightBit = true, c.eightBit || b >= 0x80
		c.pending = append(c.memory[:0], b)
	}
}

// endLine ends the line, which ended in CRLF if crlf is set.
func (c *LineReader) endLine(crlf bool) {
	c.text, c.changed = false, c.changed || !crlf
	c.lines++
	c.pending = append(c.memory[:0], "\r\n"...)
}
