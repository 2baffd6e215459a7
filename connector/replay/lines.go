package replay

import (
	"bufio"
	"errors"
	"io"
)

// maxLine is the length up to which a line is read, in bytes: protocol logs cut
// their lines at about a thousand.
const maxLine = 64 << 10

// lines reads lines one by one without allocating.
type lines struct{ in *bufio.Reader }

func newLines(in io.Reader) *lines { return &lines{in: bufio.NewReaderSize(in, maxLine)} }

// next returns the next line without its end; it is valid until the next
// call. A line longer than maxLine is cut short, and long is true.
func (l *lines) next() (line []byte, long bool, err error) {
	line, err = l.in.ReadSlice('\n')
	if len(line) == 0 && err != nil {
		return nil, false, err
	}
	for ; errors.Is(err, bufio.ErrBufferFull); _, err = l.in.ReadSlice('\n') {
		long = true
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, long, err
	}
	if long {
		return nil, true, nil
	}
	for n := len(line); n > 0 && (line[n-1] == '\n' || line[n-1] == '\r'); n-- {
		line = line[:n-1]
	}
	return line, false, nil
}

// taken is how a line was read.
type taken uint8

const (
	lineRead      taken = iota
	lineOther           // of another program in the same log, or empty
	lineMalformed       // of a known log, but malformed
)
