package smtpclient

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// What a reply may have at most. RFC 5321 section 4.5.3.1.5 has 512 octets a
// line; real ones are longer at times, endless ones are attacks.
const (
	maxReplyLine  = 2048
	maxReplyLines = 100
)

// Reply is what the next hop said.
type Reply struct {
	Code     int
	Enhanced [3]int   // RFC 3463; zero: none
	Lines    []string // the texts without the codes; as sent, not to be trusted or changed
}

// Text returns the lines as one, with everything but printable ASCII
// replaced, cut to 400 octets.
func (r Reply) Text() string {
	text := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, strings.Join(r.Lines, " "))
	return strings.TrimSpace(text[:min(len(text), 400)])
}

// String returns the reply in one clean line.
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

// ReadReply reads one reply. The error is ErrReply, wrapped, or the reader's.
func ReadReply(br *bufio.Reader) (Reply, error) {
	r, _, err := readReply(br)
	return r, err
}

// readReply is ReadReply and returns the last line as it was sent, too.
func readReply(br *bufio.Reader) (r Reply, raw string, err error) {
	for n := 1; n <= maxReplyLines; n++ {
		line, err := br.ReadSlice('\n')
		if err == bufio.ErrBufferFull || len(line) > maxReplyLine {
			return Reply{}, "", fmt.Errorf("%w: line too long", ErrReply)
		}
		if err != nil {
			return Reply{}, "", err
		}
		raw = string(line)
		code, last, text, ok := cutReply(raw)
		if !ok || r.Code != 0 && code != r.Code {
			return Reply{}, "", fmt.Errorf("%w: %.40q", ErrReply, line)
		}
		r.Code = code
		enhanced, text := cutEnhanced(text, code/100)
		if n == 1 {
			r.Enhanced = enhanced
		}
		r.Lines = append(r.Lines, text)
		if last {
			return r, raw, nil
		}
	}
	return Reply{}, "", fmt.Errorf("%w: more than %d lines", ErrReply, maxReplyLines)
}

// memory is the replies that a hop gave last, one for each stage. Mostly it says
// the same again, and then nothing has to be made of it anew.
type memory map[Stage]remembered

// remembered is a reply of one line, and that line.
type remembered struct {
	line  string
	reply Reply
}

// read is ReadReply for the reply to what was said at a stage.
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
	r, line, err := readReply(br)
	if err == nil && len(r.Lines) == 1 {
		m[s] = remembered{line, r}
	}
	return r, err
}

// cutReply cuts a line into code, separator and text (RFC 5321 section 4.2).
func cutReply(line string) (code int, last bool, text string, ok bool) {
	n := len(line)
	if n < 5 || line[n-2] != '\r' || line[0] < '2' || line[0] > '5' ||
		line[1] < '0' || line[1] > '5' || line[2] < '0' || line[2] > '9' {
		return 0, false, "", false
	}
	line = line[:n-2]
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, true, "", true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, false, "", false
	}
	return code, line[3] == ' ', line[4:], true
}

// cutEnhanced cuts an enhanced status code of that class off text (RFC 2034).
func cutEnhanced(text string, class int) ([3]int, string) {
	word, rest, _ := strings.Cut(text, " ")
	var e [3]int
	part := 0
	for i, c := range []byte(word) {
		switch {
		case c >= '0' && c <= '9' && e[part] < 100:
			e[part] = e[part]*10 + int(c-'0')
		case c == '.' && part < 2 && i > 0 && word[i-1] != '.':
			part++
		default:
			return [3]int{}, text
		}
	}
	if part != 2 || e[0] != class || word[len(word)-1] == '.' {
		return [3]int{}, text
	}
	return e, rest
}
