package smtpclient

import (
	"bufio"
	"bytes"
	"time"
)

// scanner looks for bare CR and LF, which must not be sent, part by part.
type scanner struct {
	binary bool
	cr     bool // the last byte was a CR
}

// scan scans the next part.
func (s *scanner) scan(p []byte) error {
	if s.binary || len(p) == 0 {
		return nil
	}
	if s.cr {
		if p[0] != '\n' {
			return ErrBareCRLF
		}
		p, s.cr = p[1:], false
	}
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\r')
		if i < 0 {
			if bytes.IndexByte(p, '\n') >= 0 {
				return ErrBareCRLF
			}
			return nil
		}
		if bytes.IndexByte(p[:i], '\n') >= 0 {
			return ErrBareCRLF
		}
		if i+1 == len(p) {
			s.cr = true
			return nil
		}
		if p[i+1] != '\n' {
			return ErrBareCRLF
		}
		p = p[i+2:]
	}
	return nil
}

// end is called after the last part.
func (s *scanner) end() error {
	if s.cr {
		return ErrBareCRLF
	}
	return nil
}

// stuffer writes a message with dot-stuffing: another dot before every line that begins
// with one (RFC 5321 section 4.5.2).
type stuffer struct {
	w     *bufio.Writer
	scan  scanner
	start bool // at the start of a line
}

// write writes the next part.
func (s *stuffer) write(p []byte) error {
	for len(p) > 0 {
		if s.start && p[0] == '.' {
			if err := s.w.WriteByte('.'); err != nil {
				return err
			}
		}
		// Each copy extends to the next line that needs a dot.
		n := nextDot(p)
		if _, err := s.w.Write(p[:n]); err != nil {
			return err
		}
		s.start = p[n-1] == '\n'
		p = p[n:]
	}
	return nil
}

// nextDot returns the position of the first line after the first byte of p that begins
// with a dot.
func nextDot(p []byte) int {
	if i := bytes.Index(p, []byte("\n.")); i >= 0 {
		return i + 1
	}
	return len(p)
}

// dot returns the end of the message, with a CRLF if the last line has none: it can't be
// sent otherwise.
func (s *stuffer) dot() string {
	if s.start {
		return ".\r\n"
	}
	return "\r\n.\r\n"
}

// stuff sends a part of the body.
func (c *Conn) stuff(p []byte) error {
	err := c.nc.SetWriteDeadline(time.Now().Add(c.cfg.Timeouts.Block))
	if err == nil {
		err = c.out.scan.scan(p)
	}
	if err != nil {
		return &Error{Stage: StageBody, Err: err}
	}
	if err := c.out.write(p); err != nil {
		return c.lastWords(StageBody, &Error{Stage: StageBody, Err: err})
	}
	return nil
}
