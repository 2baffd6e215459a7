package conversion

import "fmt"

// scrubber writes content that is encoded already, or that nobody reads, without the
// bytes that may not be sent. In base64 they are question marks, which decoders skip
// like them (RFC 2045, section 6.8); elsewhere =XX.
type scrubber struct {
	w    *converter
	kind encoding // base64Encoding, quotedPrintable, or what nobody reads

	col  int
	left int  // bytes that a "=" has yet to come
	cut  bool // the line begins where one was cut
	buf  []byte
}

// write writes the next piece.
func (s *scrubber) write(p []byte) {
	s.buf = s.buf[:0]
	for i, b := range p {
		switch {
		case b == '\r' && i+1 < len(p) && p[i+1] == '\n':
			// the LF ends the line
		case b == '\n' && (i > 0 && p[i-1] == '\r' || s.kind != quotedPrintable || s.left == 2):
			s.buf = append(s.buf, "\r\n"...)
			s.col, s.left, s.cut = 0, 0, false
		default:
			s.octet(b, b < ' ' && b != '\t' || b >= 0x80 && (s.w.to == SevenBit || s.kind == base64Encoding))
		}
	}
	_, _ = s.w.Write(s.buf)
}

// byte writes a byte, or what stands for it.
func (s *scrubber) octet(b byte, forbidden bool) {
	if s.left == 0 && s.col > maxLine-len("=XX=") {
		if s.kind == quotedPrintable {
			s.buf = append(s.buf, '=')
		}
		s.buf = append(s.buf, "\r\n"...)
		s.col, s.cut = 0, true
	}
	// A line that is cut must not become a delimiter.
	forbidden = forbidden || s.cut && s.col == 0 && b == '-'
	s.left = max(s.left-1, 0)
	switch {
	case forbidden && s.kind == base64Encoding:
		b = '?'
	case forbidden:
		s.buf, s.col, s.left = fmt.Appendf(s.buf, "=%02X", b), s.col+len("=XX"), 0
		return
	case b == '=' && s.kind == quotedPrintable:
		s.left = 2
	}
	s.buf, s.col = append(s.buf, b), s.col+1
}
