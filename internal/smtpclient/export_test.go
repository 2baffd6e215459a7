package smtpclient

import (
	"bufio"
	"io"
)

// Stuff writes msg, in parts of n bytes, as DATA sends it.
func Stuff(w io.Writer, msg []byte, n int) error {
	bw := bufio.NewWriter(w)
	s := stuffer{w: bw, start: true}
	for len(msg) > 0 {
		k := min(n, len(msg))
		if err := s.scan.scan(msg[:k]); err != nil {
			return err
		}
		if err := s.write(msg[:k]); err != nil {
			return nil
		}
		msg = msg[k:]
	}
	if err := s.scan.end(); err != nil {
		return err
	}
	_, _ = bw.WriteString(s.dot())
	return bw.Flush()
}

// Rereader returns what reads replies as a Conn does, which remembers them.
func Rereader() func(s Stage, br *bufio.Reader) (Reply, error) { return make(memory).read }

// Unread reports whether the next hop has said something.
func (c *Conn) Unread() bool { return c.unread() }

// ReadReply reads one reply.
func ReadReply(br *bufio.Reader) (Reply, error) {
	r, _, err := readReply(br, nil)
	return r, err
}
