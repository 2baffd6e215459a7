package smtpclient

import (
	"bytes"
	"net"
	"time"
)

// Handover returns the connection for another SMTP client, such as net/smtp's, to go on:
// its client reads a greeting first and then sends EHLO. If the next hop got HELO, the
// client's first EHLO is answered here, without extensions. Otherwise the next hop answers
// it, which changes nothing about TLS and AUTH. c must not be used afterwards.
func (c *Conn) Handover() (net.Conn, error) {
	if err := c.unasked(StageHello); err != nil {
		c.nc.Close()
		return nil, err
	}
	if err := c.nc.SetDeadline(time.Time{}); err != nil {
		c.nc.Close()
		return nil, &Error{Stage: StageHello, Err: err}
	}
	return &handedOver{Conn: c.nc, replies: []byte("220 ready\r\n"), answerEHLO: c.ext == nil, block: c.cfg.Timeouts.Block}, nil
}

// handedOver is a connection on which another client goes on. Like any net.Conn it may be
// read and written at once; the answer to EHLO is read after EHLO was written.
type handedOver struct {
	net.Conn
	replies    []byte // to be read before those of the next hop
	answerEHLO bool
	block      time.Duration
}

// Read implements net.Conn.
func (h *handedOver) Read(p []byte) (int, error) {
	if len(h.replies) > 0 {
		n := copy(p, h.replies)
		h.replies = h.replies[n:]
		return n, nil
	}
	return h.Conn.Read(p)
}

// Write implements net.Conn. No write may take longer than that of a block: not every
// client has a limit for the text of a message.
func (h *handedOver) Write(p []byte) (int, error) {
	if h.answerEHLO && bytes.HasPrefix(p, []byte("EHLO ")) {
		h.answerEHLO, h.replies = false, []byte("250 ready\r\n")
		return len(p), nil
	}
	h.answerEHLO = false
	if err := h.Conn.SetWriteDeadline(time.Now().Add(h.block)); err != nil {
		return 0, err
	}
	return h.Conn.Write(p)
}
