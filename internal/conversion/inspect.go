package conversion

// maxLine is the longest line in bytes, without its end (RFC 5322, section 2.1.1).
const maxLine = 998

// inspector determines the kind of content, piece by piece.
type inspector struct {
	content Content
	long    bool // a line is longer than maxLine
	col     int
	cr      bool // the last byte was CR
}

// add inspects the next piece.
func (s *inspector) add(p []byte) {
	for _, b := range p {
		switch {
		case b == '\n' && s.cr:
			s.col, s.cr = 0, false
			continue
		case b == '\n', b == 0, s.cr:
			s.content = Binary
		case b >= 0x80:
			s.content = max(s.content, EightBit)
		}
		if s.cr = b == '\r'; !s.cr {
			s.col++
			s.long = s.long || s.col > maxLine
		}
	}
}

// end is called after the last piece.
func (s *inspector) end() {
	if s.cr {
		s.content = Binary
	}
}

// Content is the kind of a message's bytes, from the kind that every hop takes to the kind
// that few take.
type Content uint8

// The kinds of content (RFC 2045, section 2).
const (
	SevenBit Content = iota // lines of ASCII that end in CRLF, up to 998 bytes long
	EightBit                // lines with bytes above 127
	Binary                  // anything
)

// String returns the kind as a Content-Transfer-Encoding.
func (c Content) String() string { return [...]string{"7bit", "8bit", "binary"}[min(c, Binary)] }

// Fits reports whether the content of a whole message is at most to, with lines that aren't
// too long.
func Fits(msg []byte, to Content) bool {
	var look inspector
	look.add(msg)
	look.end()
	return look.content <= to && !look.long
}
