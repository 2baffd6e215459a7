package smtpclient

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
)

// A reply may be of any length, because its code decides: RFC 5321 section 4.5.3.1.5
// permits 512 bytes a line, but there are refusals of many kilobytes. These limits bound
// how much of it is kept, and how much is read of a reply that never ends.
const (
	maxReplyLine = 2048    // bytes of one line that are parsed
	maxReplyText = 4 << 10 // bytes of text that are kept
	maxReply     = 1 << 20 // bytes that are read
	maxKnown     = 512     // bytes of a reply that is remembered
)

// Reply is a reply of the next hop.
type Reply struct {
	Code     int
	Enhanced [3]int   // enhanced status code (RFC 3463); zero: none
	Lines    []string // the texts without the codes, as sent: don't trust or change them
}

// Text returns the lines joined by spaces, cut to 400 bytes, with '?' for all but
// printable ASCII.
func (r Reply) Text() string {
	text := ascii.Printable(strings.Join(r.Lines, " "))
	return strings.TrimSpace(text[:min(len(text), 400)])
}

// String returns the reply in one line of printable ASCII.
func (r Reply) String() string {
	var room [128]byte
	b := strconv.AppendInt(room[:0], int64(r.Code), 10)
	if r.Enhanced[0] != 0 {
		for i, n := range r.Enhanced {
			b = strconv.AppendInt(append(b, " .."[i]), int64(n), 10)
		}
	}
	return string(append(append(b, ' '), r.Text()...))
}

// ErrReply is the error of a reply that can't be read.
var ErrReply = errors.New("malformed reply")

// readReply reads one reply. raw is the last line as it was sent, "" if it is too
// long to be remembered. If each isn't nil, it is called with the text of every
// line, even of those that Reply has no room for. The error is ErrReply, wrapped,
// or the reader's.
//
// The code of the last line counts (RFC 5321 section 4.2.1), as with other
// clients. But an acceptance needs all lines to agree: a message isn't taken for
// delivered if a line of the same reply refuses it.
func readReply(br *bufio.Reader, each func(text string)) (r Reply, raw string, err error) {
	room, kept, mixed := maxReply, maxReplyText, false
	for first := true; ; first = false {
		line, err := readLine(br, &room)
		if err != nil {
			return Reply{}, "", err
		}
		code, last, text, ok := cutReply(line)
		switch {
		case ok:
			mixed = mixed || !first && code/100 != r.Code/100
			r.Code = code
		case first || strings.Trim(line, "\r\n") == "":
			return Reply{}, "", fmt.Errorf("%w: %.40q", ErrReply, line)
		default:
			text = strings.TrimRight(line, "\r\n") // a continuation line without the code
		}
		if each != nil {
			each(text)
		}
		enhanced, text := reply.CutEnhanced(text, r.Code/100)
		if r.Enhanced[0] == 0 {
			r.Enhanced = enhanced
		}
		if first || kept >= len(text) {
			r.Lines = append(r.Lines, text)
			kept -= len(text) + lineCost
		}
		if last {
			if mixed && r.Code < 400 {
				return Reply{}, "", fmt.Errorf("%w: codes of several kinds, the last one %d", ErrReply, r.Code)
			}
			if r.Enhanced[0] != r.Code/100 {
				r.Enhanced = [3]int{} // of an earlier line, which doesn't count
			}
			if len(line) <= maxKnown {
				raw = line
			}
			return r, raw, nil
		}
	}
}

// lineCost is the memory that a line takes apart from its text.
const lineCost = 16

// readLine reads a line and returns its beginning: maxReplyLine bytes at
// most. It takes what it reads from room.
func readLine(br *bufio.Reader, room *int) (string, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		if *room -= len(part); *room < 0 {
			return "", fmt.Errorf("%w: more than %d bytes", ErrReply, maxReply)
		}
		line = append(line, part[:min(len(part), maxReplyLine-len(line))]...)
		if err != bufio.ErrBufferFull {
			return string(line), err
		}
	}
}

// cutReply cuts a line into code, separator and text (RFC 5321 section 4.2).
// The first digit says what the reply means, so the others may be any; a bare
// LF ends a line as well, and a tab is a space.
func cutReply(line string) (code int, last bool, text string, ok bool) {
	line = strings.TrimRight(line, "\r\n")
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, false, "", false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, true, "", true
	}
	switch line[3] {
	case '-':
		return code, false, line[4:], true
	case ' ', '\t':
		return code, true, line[4:], true
	}
	return 0, false, "", false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// memory holds the last reply of a next hop at each stage. Hops mostly repeat them, and
// then a reply needn't be parsed and allocated again.
type memory map[Stage]remembered

// remembered is a reply of one line, with that line.
type remembered struct {
	line  string
	reply Reply
}

// read reads the reply to a command of the stage s, like readReply.
func (m memory) read(s Stage, br *bufio.Reader) (Reply, error) {
	if _, err := br.Peek(1); err != nil {
		return Reply{}, err
	}
	known := m[s]
	waiting, _ := br.Peek(br.Buffered()) // it is there
	if n := len(known.line); n > 0 && n <= len(waiting) && string(waiting[:n]) == known.line {
		_, _ = br.Discard(n) // so is that
		return known.reply, nil
	}
	r, line, err := readReply(br, nil)
	if err == nil && len(r.Lines) == 1 && line != "" {
		m[s] = remembered{line, r}
	}
	return r, err
}
