package conversion

import "fmt"

// scrubber writes content that is encoded already, or that mail programs don't show,
// without forbidden bytes. In base64 they become question marks, which decoders skip too
// (RFC 2045, section 6.8); elsewhere =XX.
type scrubber struct {
	w    *converter
	kind encoding // base64Encoding, quotedPrintable, or another: content that isn't shown

	col  int
	left int  // bytes that must still follow a "="
	cut  bool // the line begins after a break
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
			s.writeByte(b, b < ' ' && b != '\t' || b >= 0x80 && (s.w.to == SevenBit || s.kind == base64Encoding))
		}
	}
	_, _ = s.w.Write(s.buf)
}

// writeByte writes a byte, or its replacement.
func (s *scrubber) writeByte(b byte, forbidden bool) {
	if s.left == 0 && s.col > maxLine-len("=XX=") {
		if s.kind == quotedPrintable {
			s.buf = append(s.buf, '=')
		}
		s.buf = append(s.buf, "\r\n"...)
		s.col, s.cut = 0, true
	}
	// A broken line must not become a delimiter.
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
