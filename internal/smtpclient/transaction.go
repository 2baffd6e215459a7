package smtpclient

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Mail is the beginning of a transaction.
type Mail struct {
	From     string // as written between the angle brackets
	Size     int64  // 0: not known
	Body     string // "", "7BIT", "8BITMIME" or "BINARYMIME"
	UTF8     bool   // declared
	NeedUTF8 bool   // UTF8 isn't only declared but needed
	Ret      string // RFC 3461
	EnvID    string // decoded
}

// Rcpt is a recipient.
type Rcpt struct {
	To     string   // as written between the angle brackets
	Notify []string // RFC 3461
	ORcpt  string   // "rfc822;address", the address decoded
}

// Check reports whether a hop with c's extensions can take m: ErrBinary,
// ErrUTF8 or ErrTooBig. An 8-bit message it can't take is found by Data.
func (c *Conn) Check(m Mail) error {
	var err error
	var limit int64
	if size := c.ext["SIZE"]; size != "" {
		limit, _ = strconv.ParseInt(size, 10, 64)
	}
	switch {
	case m.Body == "BINARYMIME" && !(c.Has("BINARYMIME") && c.Has("CHUNKING")):
		err = ErrBinary
	case m.NeedUTF8 && !c.Has("SMTPUTF8"):
		err = ErrUTF8
	case limit > 0 && m.Size > limit:
		err = ErrTooBig
	default:
		return nil
	}
	return &Error{Stage: StageMail, Err: err}
}

// Begin opens a transaction with the recipients to; answers holds nil or the
// refusal of each. With data, DATA is announced in the same write where that
// may be; to must then be one recipient, so that nothing is left to decide.
// A transaction that was left open before is reset on the way.
func (c *Conn) Begin(ctx context.Context, m Mail, to []Rcpt, data bool) (answers []error, err error) {
	if err := c.Check(m); err != nil {
		return nil, err
	}
	defer c.watch(ctx)()
	if !c.Has("PIPELINING") {
		return c.beginSlowly(m, to)
	}
	b, reset := c.line[:0], c.begun
	if reset {
		b = append(b, "RSET\r\n"...)
	}
	b = c.appendMail(b, m)
	for _, r := range to {
		b = c.appendRcpt(b, r)
	}
	if data {
		b = append(b, "DATA\r\n"...)
	}
	c.line = b
	if err := c.write(StageMail, b, c.cfg.Timeouts.Command); err != nil {
		return nil, c.lastWords(StageMail, err)
	}
	if reset {
		if err := c.wasReset(); err != nil {
			return nil, err
		}
	}
	refused := c.answer(StageMail)
	if c.bad {
		return nil, refused
	}
	c.begun = refused == nil
	answers, taken, err := c.answers(len(to))
	if err == nil && data {
		// Without a recipient the answers stand, whatever became of DATA.
		if err = c.announced(taken && c.begun); !taken {
			err = nil
		}
	}
	if refused != nil {
		return nil, refused // even if the hop said no more than that
	}
	return answers, err
}

// answers reads the answers to n pipelined RCPT; taken says that one at least
// was accepted.
func (c *Conn) answers(n int) (list []error, taken bool, err error) {
	list = make([]error, n)
	for i := range list {
		list[i] = c.answer(StageRcpt)
		if c.bad {
			return nil, false, list[i]
		}
		taken = taken || list[i] == nil
	}
	return list, taken, nil
}

// wasReset reads the answer to RSET.
func (c *Conn) wasReset() error {
	err := c.answer(StageReset)
	if err != nil {
		c.bad = true
		return err
	}
	c.begun = false
	return nil
}

// beginSlowly waits for every answer.
func (c *Conn) beginSlowly(m Mail, to []Rcpt) (answers []error, err error) {
	if c.begun {
		if err := c.write(StageReset, []byte("RSET\r\n"), c.cfg.Timeouts.Command); err != nil {
			return nil, c.lastWords(StageReset, err)
		}
		if err := c.wasReset(); err != nil {
			return nil, err
		}
	}
	if err := c.write(StageMail, c.appendMail(nil, m), c.cfg.Timeouts.Command); err != nil {
		return nil, c.lastWords(StageMail, err)
	}
	if err := c.answer(StageMail); err != nil {
		return nil, err
	}
	c.begun = true
	for _, r := range to {
		if err := c.write(StageRcpt, c.appendRcpt(nil, r), c.cfg.Timeouts.Command); err != nil {
			return nil, c.lastWords(StageRcpt, err)
		}
		err := c.answer(StageRcpt)
		if c.bad {
			return nil, err
		}
		answers = append(answers, err)
	}
	return answers, nil
}

// announced reads the answer to a DATA that was sent before it was known
// whether there is a recipient. A hop that asks for the message although it
// has none gets an empty one, which it must refuse (RFC 2920 section 3.1).
func (c *Conn) announced(taken bool) error {
	r, err := c.read(StageData, c.cfg.Timeouts.DataInit)
	if err != nil {
		return err
	}
	if taken {
		c.data = &r
		return nil
	}
	if r.Code == 354 {
		if err := c.write(StageData, []byte(".\r\n"), c.cfg.Timeouts.Command); err != nil {
			return err
		}
		if r, err = c.read(StageData, c.cfg.Timeouts.Final); err != nil {
			return err
		}
	}
	if r.Code < 400 {
		c.bad = true
	}
	return nil
}

// answer reads the reply to MAIL or RCPT.
func (c *Conn) answer(s Stage) error {
	r, err := c.read(s, c.cfg.Timeouts.Command)
	if err == nil && r.Code/100 != 2 {
		err = c.unexpected(s, r)
	}
	return err
}

// Rcpt adds a recipient to the open transaction.
func (c *Conn) Rcpt(ctx context.Context, r Rcpt) error {
	defer c.watch(ctx)()
	c.line = c.appendRcpt(c.line[:0], r)
	if err := c.write(StageRcpt, c.line, c.cfg.Timeouts.Command); err != nil {
		return c.lastWords(StageRcpt, err)
	}
	return c.answer(StageRcpt)
}

// lastWords returns what the hop said before it closed the connection, or err.
func (c *Conn) lastWords(s Stage, err error) error {
	for range maxLastWords {
		r, readErr := c.read(s, min(c.cfg.Timeouts.Command, lastWordsTimeout))
		if readErr != nil {
			break
		}
		if r.Code >= 400 {
			err = &Error{Stage: s, Reply: r}
			break
		}
	}
	c.bad = true
	return err
}

// appendMail appends the MAIL command, with the parameters that the hop knows.
func (c *Conn) appendMail(b []byte, m Mail) []byte {
	b = append(append(append(b, "MAIL FROM:<"...), m.From...), '>')
	if m.Size > 0 && c.Has("SIZE") {
		b = strconv.AppendInt(append(b, " SIZE="...), m.Size, 10)
	}
	if m.Body == "BINARYMIME" || m.Body != "" && c.Has("8BITMIME") {
		b = append(append(b, " BODY="...), m.Body...)
	}
	if m.UTF8 && c.Has("SMTPUTF8") {
		b = append(b, " SMTPUTF8"...)
	}
	if c.Has("DSN") {
		if m.Ret != "" {
			b = append(append(b, " RET="...), m.Ret...)
		}
		if m.EnvID != "" {
			b = appendXtext(append(b, " ENVID="...), m.EnvID)
		}
	}
	return append(b, "\r\n"...)
}

// appendRcpt appends the RCPT command.
func (c *Conn) appendRcpt(b []byte, r Rcpt) []byte {
	b = append(append(append(b, "RCPT TO:<"...), r.To...), '>')
	if c.Has("DSN") {
		if len(r.Notify) > 0 {
			b = append(append(b, " NOTIFY="...), strings.Join(r.Notify, ",")...)
		}
		if kind, addr, ok := strings.Cut(r.ORcpt, ";"); ok {
			b = append(append(b, " ORCPT="...), kind...)
			b = appendXtext(append(b, ';'), addr)
		}
	}
	return append(b, "\r\n"...)
}

// appendXtext appends s as RFC 3461 section 4 writes it.
func appendXtext(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < '!' || c > '~' || c == '+' || c == '=' {
			b = fmt.Appendf(b, "+%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return b
}
