package smtpclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

const (
	// chunkSize is how many bytes of a message are read and sent at once, in one BDAT
	// chunk, if the memory of Head is too small.
	chunkSize = 64 << 10
	minRoom   = 8 << 10 // the capacity of Head from which on its memory is used

	// maxPending is how many chunks may be sent before their replies are read. With
	// 32 KiB of Head that is 128 KiB: 20 Mbit/s if a reply takes 50 ms.
	maxPending = 3
)

// Message is a message for Data to send.
type Message struct {
	Head []byte            // the beginning; Data uses its memory, up to its capacity, for the rest
	Rest io.Reader         // the rest; nil: Head is the whole message
	Body envelope.BodyType // as the sender declared it; a next hop that doesn't take it gets the message converted
}

// Data sends the message to the recipients of the open transaction. Without an error the
// next hop has replied with 2xx. After an error that isn't a refusal, the next hop didn't
// get the end of the message, or its reply was lost.
func (c *Conn) Data(ctx context.Context, m Message) (Reply, error) {
	defer c.watch(ctx)()
	var r Reply
	convert, err := c.prepare(&m)
	if err != nil {
		return Reply{}, err
	}
	if !convert && !c.asked && c.Has("CHUNKING") && (m.Body == envelope.BinaryMIME || m.Rest != nil && c.Has("PIPELINING")) {
		r, err = c.sendChunks(m)
		err = withoutBDAT(err)
	} else {
		r, err = c.sendData(m)
	}
	if err != nil {
		return Reply{}, err
	}
	c.begun = false // whatever the answer is
	if r.Code/100 != 2 {
		return Reply{}, c.unexpected(StageBody, r)
	}
	return r, nil
}

// prepare makes c ready to send m, and converts it if it is short. convert reports whether
// the rest has to be converted.
func (c *Conn) prepare(m *Message) (convert bool, err error) {
	to, convert := c.conversion(m.Body)
	if convert && m.Rest == nil {
		convert, m.Body = false, envelope.SevenBit
		if m.Head, err = convertShort(m.Head, to); err != nil {
			c.bad = c.bad || c.asked
			return false, err
		}
	}
	c.out = stuffer{w: c.bw, scan: scanner{binary: m.Body == envelope.BinaryMIME && !convert}, start: true}
	return convert, nil
}

// room returns memory for the rest of m: the memory of Head, which isn't needed any more
// after it was sent.
func (m *Message) room() []byte {
	if cap(m.Head) >= minRoom {
		return m.Head[:cap(m.Head)]
	}
	return make([]byte, chunkSize)
}

// sendData sends the message by DATA and reads the answer.
func (c *Conn) sendData(m Message) (Reply, error) {
	if err := c.sendText(m); err != nil {
		return Reply{}, err
	}
	return c.read(StageBody, c.cfg.Timeouts.Final)
}

// sendText sends the message by DATA, to its final dot.
func (c *Conn) sendText(m Message) error {
	if err := c.askData(); err != nil {
		return err
	}
	// From here on an error ends the connection: the next hop would take all further bytes
	// for the message.
	reusable := !c.bad
	c.bad = true
	if err := c.stuffAll(m); err != nil {
		return err
	}
	if err := c.out.scan.end(); err != nil {
		return &Error{Stage: StageBody, Err: err}
	}
	// A reply before the end of the message can't be the reply to it.
	if err := c.unasked(StageBody); err != nil {
		return err
	}
	// The end of the body and the dot leave in one write.
	c.line = append(c.line[:0], c.out.dot()...)
	if err := c.write(StageBody, c.line, c.cfg.Timeouts.Block); err != nil {
		return c.lastWords(StageBody, err)
	}
	c.bad = !reusable
	return nil
}

// askData sends DATA, unless it was sent, and waits for 354.
func (c *Conn) askData() (err error) {
	var r Reply
	if c.asked {
		r, c.asked = c.data, false
	} else if r, err = c.command(StageData, "DATA", ""); err != nil {
		return err
	}
	if r.Code/100 != 3 {
		return c.unexpected(StageData, r)
	}
	return nil
}

// stuffAll sends the message as it comes, converted if necessary.
func (c *Conn) stuffAll(m Message) error {
	to, convert := c.conversion(m.Body)
	if !convert {
		if err := c.stuff(m.Head); err != nil || m.Rest == nil {
			return err
		}
	}
	var err error
	out, rest := stuffWriter{c}, &bodyReader{m.Rest}
	if convert {
		err = conversion.Convert(out, io.MultiReader(bytes.NewReader(m.Head), rest), to)
	} else {
		_, err = io.CopyBuffer(out, rest, m.room())
	}
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &Error{Stage: StageBody, Err: err}
}

// sendChunks sends the message by BDAT and reads the replies. Some replies may be
// outstanding while the next chunk is sent.
func (c *Conn) sendChunks(m Message) (Reply, error) {
	reusable := !c.bad
	c.bad = true
	pending := 0
	send := func(p []byte) error {
		if err := c.out.scan.scan(p); err != nil {
			return &Error{Stage: StageBody, Err: err}
		}
		return c.sendChunk(p, &pending)
	}
	if err := send(m.Head); err != nil {
		return Reply{}, err
	}
	if m.Rest != nil {
		buf := m.room()
		for {
			n, err := io.ReadFull(m.Rest, buf)
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return Reply{}, &Error{Stage: StageBody, Err: &BodyError{err}}
			}
			if sent := send(buf[:n]); sent != nil {
				return Reply{}, sent
			}
			if err != nil {
				break
			}
		}
	}
	if err := c.out.scan.end(); err != nil {
		return Reply{}, &Error{Stage: StageBody, Err: err}
	}
	for ; pending > 0; pending-- {
		if err := c.chunkTaken(); err != nil {
			return Reply{}, err
		}
	}
	// Before the message ends, it must be certain which reply answers which chunk.
	if err := c.unasked(StageBody); err != nil {
		return Reply{}, err
	}
	c.log(logSent, "BDAT 0 LAST", "")
	if err := c.write(StageBody, []byte("BDAT 0 LAST\r\n"), c.cfg.Timeouts.Block); err != nil {
		return Reply{}, c.lastWords(StageBody, err)
	}
	c.bad = !reusable
	return c.read(StageBody, c.cfg.Timeouts.Final)
}

// withoutBDAT marks the refusal of a chunk by a next hop that doesn't know BDAT: a proxy
// in front of it may have offered CHUNKING.
func withoutBDAT(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Reply.Code != 500 && e.Reply.Code != 502 {
		return err
	}
	switch e.Reply.Enhanced {
	case [3]int{}, [3]int{5, 5, 1}, [3]int{5, 5, 2}, [3]int{5, 3, 3}: // RFC 3463
		e.Err = ErrNoBDAT
	}
	return err
}

// sendChunk sends one chunk, and reads replies until few enough are pending.
func (c *Conn) sendChunk(p []byte, pending *int) error {
	if len(p) == 0 {
		return nil
	}
	b := append(strconv.AppendInt(append(c.line[:0], "BDAT "...), int64(len(p)), 10), "\r\n"...)
	c.line = b
	c.log(logSent, strings.TrimSuffix(string(b), "\r\n"), "")
	if _, err := c.bw.Write(b); err != nil {
		return &Error{Stage: StageBody, Err: err}
	}
	if err := c.write(StageBody, p, c.cfg.Timeouts.Block); err != nil {
		return c.lastWords(StageBody, err)
	}
	*pending++
	allowed := 0
	if c.Has("PIPELINING") {
		allowed = maxPending
	}
	for ; *pending > allowed; *pending-- {
		if err := c.chunkTaken(); err != nil {
			return err
		}
	}
	return nil
}

// chunkTaken reads the reply to a chunk that isn't the last.
func (c *Conn) chunkTaken() error {
	r, err := c.read(StageBody, c.cfg.Timeouts.Block)
	if err == nil && r.Code/100 != 2 {
		err = refusal(StageBody, r)
	}
	return err
}
