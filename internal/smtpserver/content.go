package smtpserver

import "bytes"

// contentCheck looks for bytes that must not be in a message: CR without LF, LF
// without CR, NUL. Some next hop takes one of them for a line end, or skips it
// (RFC 5321, sections 2.3.8 and 4.1.1.4).
type contentCheck struct {
	linefeedOK bool
	cr         bool // the last byte was CR
	bad        bool // sticky
}

// add reports whether the message is all right so far, p included.
func (c *contentCheck) add(p []byte) bool {
	if c.bad || len(p) == 0 {
		return !c.bad
	}
	pairs := 0
	if c.cr {
		if p[0] != '\n' {
			c.bad = true
			return false
		}
		pairs++
	}
	c.cr = p[len(p)-1] == '\r'
	body := p
	if c.cr {
		body = p[:len(p)-1]
	}
	for rest := body; ; pairs++ {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		if i+1 >= len(rest) || rest[i+1] != '\n' {
			c.bad = true
			return false
		}
		rest = rest[i+2:]
	}
	c.bad = bytes.IndexByte(p, 0) >= 0 ||
		!c.linefeedOK && bytes.Count(p, []byte{'\n'}) != pairs
	return !c.bad
}

// end reports whether the message may end here.
func (c *contentCheck) end() bool {
	c.bad = c.bad || c.cr
	return !c.bad
}
