package relaytest

import (
	"errors"
	"net"
	"strings"
)

// Serve serves the connections of l until l or the Sink is closed.
func (s *Sink) Serve(l net.Listener) error {
	if !s.addListener(l) {
		return l.Close()
	}
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.track(c) {
			go s.converse(c)
		}
	}
}

// converse serves c.
func (s *Sink) converse(c net.Conn) {
	defer s.forget(c)
	defer c.Close() // it may have been closed
	t := &sinkSession{sink: s, wire: c}
	t.use(c)
	t.answer(StageConnect, addrPort(c).Addr().String(), "220 "+s.name()+" ESMTP Service Ready")
	for !t.over {
		line, err := t.line()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		t.command(strings.ToUpper(verb), rest)
	}
}
