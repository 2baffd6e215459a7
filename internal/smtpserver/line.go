package smtpserver

import (
	"bytes"
	"errors"
)

// Why a line could not be read.
var (
	errBareLinefeed = errors.New("bare linefeed")
	errLongLine     = errors.New("line too long")
	errEndlessLine  = errors.New("line without end")
)

// line returns the next line without its CRLF. Only CRLF ends a line: after a bare
// LF, client and server no longer agree on where commands begin. Of a line that is
// too long it returns the beginning, with the error, and skips the rest.
func (w *wire) line(limit func(begin []byte) int, idle bool) (string, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(w.buf[w.r+seen:w.n], '\n'); i >= 0 {
			end := w.r + seen + i
			if end == w.r || w.buf[end-1] != '\r' {
				return "", errBareLinefeed
			}
			if end+1-w.r > limit(w.unread()) {
				begin := w.beginning()
				w.r = end + 1
				return begin, errLongLine
			}
			s := string(w.buf[w.r : end-1])
			w.r = end + 1
			return s, nil
		}
		seen = w.n - w.r
		if seen > limit(w.unread()) {
			begin := w.beginning()
			return begin, w.skipLine(idle)
		}
		if err := w.fill(idle); err != nil {
			return "", err
		}
	}
}

// beginning returns enough of a line to tell which command it is.
func (w *wire) beginning() string { return string(w.buf[w.r:min(w.r+16, w.n)]) }

// skipLine drops a line that is too long. It gives up on a line without end.
func (w *wire) skipLine(idle bool) error {
	var last byte
	for dropped := 0; ; {
		b := w.unread()
		i := bytes.IndexByte(b, '\n')
		if i > 0 {
			last = b[i-1]
		}
		if i >= 0 {
			w.skip(i + 1)
			if last != '\r' {
				return errBareLinefeed
			}
			return errLongLine
		}
		if len(b) > 0 {
			last = b[len(b)-1]
		}
		dropped += len(b)
		w.skip(len(b))
		if dropped > 4*maxAuthLine {
			return errEndlessLine
		}
		if err := w.fill(idle); err != nil {
			return err
		}
	}
}
