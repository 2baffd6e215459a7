package smtpserver

import (
	"bytes"
	"io"
)

// dots is a message behind DATA: it ends with CRLF dot CRLF, or dot CRLF where
// it begins, and with nothing else; a dot that begins a line is dropped
// (RFC 5321, 4.5.2). Only CRLF ends a line.
type dots struct {
	w     *wire
	begin bool // at the beginning of a line
	ended bool
	used  int           // unread octets of the wire that next has returned
	check *contentCheck // keeps an eye on what stop drops
}

var lineDot = []byte("\r\n.")

// next implements source. What it returns lies in the wire's buffer: whole
// buffers of lines, cut only where a line begins with a dot.
func (d *dots) next() ([]byte, error) {
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

// span returns what of the unread octets is content for certain; nothing if
// more have to be read to tell, or if the end has been found.
func (d *dots) span() []byte {
	b := d.w.unread()
	if d.begin && len(b) > 0 {
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
		d.begin = false
	}
	if i := bytes.Index(b, lineDot); i >= 0 {
		d.begin = true
		return b[:i+2]
	}
	switch {
	case bytes.HasSuffix(b, []byte("\r\n")):
		d.begin = true
	case bytes.HasSuffix(b, []byte("\r")):
		return b[:len(b)-1] // LF may follow
	}
	return b
}

// stop implements source.
func (d *dots) stop(max int64) error {
	for max > 0 {
		p, err := d.next()
		if err == io.EOF {
			d.check.end()
			return nil
		}
		if err != nil {
			return err
		}
		d.check.add(p)
		max -= int64(len(p))
	}
	return errTooMuch
}
