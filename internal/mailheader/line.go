package mailheader

import "iter"

// The ends of lines.
const (
	crlf = "\r\n"
	lf   = "\n"
	cr   = "\r"
)

// cutLine returns the length of b's first line with its end, and that end.
func cutLine(b []byte) (n int, eol string) {
	for i, c := range b {
		switch {
		case c == '\n':
			return i + 1, lf
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			return i + 2, crlf
		case c == '\r':
			return i + 1, cr
		}
	}
	return len(b), ""
}

// lines yields the lines of raw without their ends.
func lines(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(raw) > 0 {
			n, eol := cutLine(raw)
			if !yield(raw[:n-len(eol)]) {
				return
			}
			raw = raw[n:]
		}
	}
}

// AppendLines appends the lines of raw that aren't empty, each ended by CRLF.
func AppendLines(b, raw []byte) []byte {
	for line := range lines(raw) {
		if len(line) > 0 {
			b = append(append(b, line...), crlf...)
		}
	}
	return b
}

// countBlank returns how many bytes at the start of b can't be the beginning of a name.
func countBlank(b []byte) int {
	n := 0
	for n < len(b) && isBlank(b[n]) {
		n++
	}
	return n
}

// isBlank reports whether c is a blank, a control character, or a byte that is a blank or
// nothing in some charset (a no-break space, a byte order mark). A name has no such byte.
func isBlank(c byte) bool { return c <= ' ' || c >= 0x7f }

// IsFolded reports whether line, which isn't empty, continues the one before it.
func IsFolded(line []byte) bool { return line[0] == ' ' || line[0] == '\t' }
