package smtpclient

import (
	"bufio"
)

// memory holds the last reply of a hop at each stage. Hops mostly repeat them, and then a
// reply needn't be parsed and allocated again.
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
