package conversion

import (
	"bufio"
	"bytes"
	"io"
)

// lines reads a message in pieces: lines and line ends, long lines in several pieces. It
// stops at a delimiter of a surrounding multipart.
type lines struct {
	r      *bufio.Reader
	bounds []string // the delimiters without a trailing "--", the outermost first
	begin  bool     // the next piece begins a line
	rest   []byte   // read but not returned yet
	eol    string   // the line end after rest; it may belong to a delimiter
	end    [2]byte  // memory for a returned line end

	stopped bool // at a delimiter, or at the end
	level   int  // of the delimiter, an index of bounds; -1: no delimiter
	closing bool // the delimiter is the multipart's last
	held    bool // a line end precedes the delimiter
	err     error
}

// next returns the next piece of content, valid until the next call; false at a delimiter
// and at the end of the message.
func (l *lines) next() ([]byte, bool) {
	for !l.stopped {
		if p := l.rest; len(p) > 0 {
			l.rest = nil
			return p, true
		}
		piece, whole := l.read()
		if l.stopped {
			break
		}
		if len(piece) == 0 {
			p := l.eol
			l.eol = ""
			if p == "" {
				l.stop(-1, false)
			}
			return l.end[:copy(l.end[:], p)], p != ""
		}
		if whole && l.begin && l.delimits(piece) {
			break
		}
		l.begin = piece[len(piece)-1] == '\n'
		text, eol := cutEnd(piece)
		before := l.eol
		if before == "\r" && len(text) == 0 && eol == "\n" {
			before, eol = "", "\r\n"
		}
		l.rest, l.eol = text, eol
		if before != "" {
			return l.end[:copy(l.end[:], before)], true
		}
	}
	return nil, false
}

// read reads the next piece; whole means that it ends its line. At the end of the message
// the piece is empty.
func (l *lines) read() (piece []byte, whole bool) {
	piece, err := l.r.ReadSlice('\n')
	switch err {
	case bufio.ErrBufferFull:
		return piece, false
	case nil, io.EOF:
		return piece, true
	}
	l.err = err
	l.stop(-1, false)
	return nil, false
}

// line appends the next line with its end to b; false at a delimiter and at the end
// of the message.
func (l *lines) line(b []byte, max int) ([]byte, bool) {
	for start := true; !l.stopped; start = false {
		piece, whole := l.read()
		if l.stopped {
			break
		}
		if start && whole && l.delimits(piece) {
			break
		}
		b = append(b, piece...)
		if whole || len(b) > max {
			l.begin = true
			if len(piece) == 0 && start {
				l.stop(-1, false)
				break
			}
			return b, true
		}
	}
	return b, false
}

// unread makes line the next that is read as content.
func (l *lines) unread(line []byte) {
	text, eol := cutEnd(line)
	l.rest, l.eol, l.begin = bytes.Clone(text), eol, true
}

// stop ends the content.
func (l *lines) stop(level int, closing bool) {
	l.stopped, l.level, l.closing = true, level, closing
	l.held, l.eol = l.eol != "", ""
}

// resume continues after a delimiter.
func (l *lines) resume() { l.stopped, l.begin, l.held = false, true, false }

// delimits reports whether the line is a delimiter of one of the multiparts, and
// stops if it is.
func (l *lines) delimits(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("--")) {
		return false
	}
	line = bytes.TrimRight(line, " \t\r\n")
	for i := len(l.bounds) - 1; i >= 0; i-- {
		b := l.bounds[i]
		if len(line) < len(b) || string(line[:len(b)]) != b {
			continue
		}
		if end := string(line[len(b):]); end == "" || end == "--" {
			l.stop(i, end != "")
			return true
		}
	}
	return false
}

// cutEnd cuts the line end off a piece. A CR at the end of a piece may be the first
// half of one.
func cutEnd(piece []byte) (text []byte, eol string) {
	for _, eol := range []string{"\r\n", "\n", "\r"} {
		if text, ok := bytes.CutSuffix(piece, []byte(eol)); ok {
			return text, eol
		}
	}
	return piece, ""
}
