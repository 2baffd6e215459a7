package smtpserver

import (
	"bytes"
	"io"
)

// dataReader reads a DATA message and removes its dot-stuffing (RFC 5321,
// section 4.5.2). The message ends with CRLF dot CRLF, or dot CRLF where it
// begins, and with nothing else. Only CRLF ends a line.
type dataReader struct {
	w           *wire
	atLineStart bool
	ended       bool
	used        int // unread bytes of the wire that next has returned
}

var lineDot = []byte("\r\n.")

// next implements source. The content lies in the wire's buffer: whole buffers
// of lines, cut only where a line begins with a dot.
func (d *dataReader) next() ([]byte, error) {
	d.w.skip(d.used)
	d.used = 0
	for !d.ended {
		if span := d.span(); len(span) > 0 {
			d.used = len(span)
			return span, nil
		}
		if d.ended {
			break
		}
		if err := d.w.fill(false); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

// span returns the unread bytes that are content for certain. It returns nothing
// if more bytes are needed to tell, or if it has found the end.
func (d *dataReader) span() []byte {
	b := d.w.unread()
	if d.atLineStart && len(b) > 0 {
		if b[0] == '.' {
			switch {
			case bytes.HasPrefix(b, []byte(".\r\n")):
				d.w.skip(3)
				d.ended = true
				return nil
			case len(b) < 2, len(b) == 2 && b[1] == '\r':
				return nil
			}
			d.w.skip(1)
			b = b[1:]
		}
		d.atLineStart = false
	}
	if i := bytes.Index(b, lineDot); i >= 0 {
		d.atLineStart = true
		return b[:i+2]
	}
	switch {
	case bytes.HasSuffix(b, []byte("\r\n")):
		d.atLineStart = true
	case bytes.HasSuffix(b, []byte("\r")):
		return b[:len(b)-1] // LF may follow
	}
	return b
}

// discard implements source: it reads to the end of the message.
func (d *dataReader) discard(limit int64, check *contentCheck) error {
	for limit > 0 {
		p, err := d.next()
		if err == io.EOF {
			check.end()
			return nil
		}
		if err != nil {
			return err
		}
		check.add(p)
		limit -= int64(len(p))
	}
	return errTooMuch
}
