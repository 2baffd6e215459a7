package smtpclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Mail is an envelope, with what the next hop must support for its message.
type Mail struct {
	envelope.Envelope
	HeaderUTF8 bool // the header of the message has characters beyond ASCII
}

// window is how many RCPT leave in one write. Every server takes that many (RFC 5321
// section 4.5.3.1.8), and the replies to them fit into any TCP window: a next hop that
// can't send its replies stops reading (RFC 2920 section 3.1).
const window = 100

// Check returns ErrUTF8 or ErrTooBig if the next hop, by its extensions, can't take m.
// Whether the message can be converted for the next hop is found by Data.
func (c *Conn) Check(m Mail) error {
	var err error
	var limit int64
	if size := c.ext["SIZE"]; size != "" {
		limit, _ = strconv.ParseInt(size, 10, 64)
	}
	switch {
	case (m.HeaderUTF8 || !m.From.IsASCII()) && !c.Has("SMTPUTF8"):
		err = ErrUTF8
	case limit > 0 && m.Size > limit:
		err = ErrTooBig
	default:
		return nil
	}
	return &Error{Stage: StageMail, Err: err}
}

// Begin opens a transaction with the recipients to. answers holds nil or the refusal of
// each; with an error it holds only the answers before the error. With data, DATA is sent
// in the same write if possible; to must then be one recipient, so that there is nothing
// to decide. An earlier open transaction is reset.
func (c *Conn) Begin(ctx context.Context, m Mail, to []envelope.Recipient, data bool) (answers []error, err error) {
	if err := c.Check(m); err != nil {
		return nil, err
	}
	if answers := c.unsupported(to); answers != nil {
		return answers, nil
	}
	if _, convert := c.conversion(m.Body); convert {
		data = false // it is not yet known whether the message can be converted
	}
	defer c.watch(ctx)()
	if c.Has("PIPELINING") {
		answers, err = c.beginAtOnce(m, to, data)
	} else {
		answers, err = c.beginSlowly(m, to)
	}
	if err == nil && c.br.Buffered() > 0 && slices.Contains(answers, nil) {
		// It is not certain which reply answers which command.
		c.bad = true
		return nil, &Error{Stage: StageRcpt, Err: fmt.Errorf("%w: more replies than commands", errPlace)}
	}
	return answers, err
}

// beginAtOnce sends the commands without waiting for the replies.
func (c *Conn) beginAtOnce(m Mail, to []envelope.Recipient, data bool) (answers []error, err error) {
	b, reset := c.line[:0], c.begun
	if reset {
		b = append(b, "RSET\r\n"...)
	}
	n := min(len(to), window)
	b = c.appendRcpts(c.appendMail(b, m), to[:n])
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
	c.begun, c.taken = refused == nil, 0
	answers = make([]error, 0, len(to))
	answers, taken, err := c.answers(answers, to[:n])
	if err == nil && data {
		// Without an accepted recipient the result of DATA doesn't matter.
		if err = c.announced(taken && c.begun); !taken {
			err = nil
		}
	}
	if refused != nil {
		return nil, refused // even if the next hop replied to no later command
	}
	for ; err == nil && n < len(to); n = len(answers) {
		next := to[n:min(n+window, len(to))]
		c.line = c.appendRcpts(c.line[:0], next)
		if err := c.write(StageRcpt, c.line, c.cfg.Timeouts.Command); err != nil {
			return answers, c.lastWords(StageRcpt, err)
		}
		answers, _, err = c.answers(answers, next)
	}
	return answers, err
}

// unsupported returns the refusals of all recipients if the next hop supports the address
// of none, else nil.
func (c *Conn) unsupported(to []envelope.Recipient) []error {
	if slices.ContainsFunc(to, func(r envelope.Recipient) bool { return c.checkRcpt(r) == nil }) {
		return nil
	}
	answers := make([]error, len(to))
	for i, r := range to {
		answers[i] = c.checkRcpt(r)
	}
	return answers
}

// checkRcpt returns ErrUTF8 if the next hop doesn't support the address of r.
func (c *Conn) checkRcpt(r envelope.Recipient) error {
	if !r.To.IsASCII() && !c.Has("SMTPUTF8") {
		return &Error{Stage: StageRcpt, Err: ErrUTF8}
	}
	return nil
}

// answers appends the answers to pipelined RCPT to list. taken reports whether at least
// one recipient was accepted.
func (c *Conn) answers(list []error, to []envelope.Recipient) (_ []error, taken bool, err error) {
	for _, r := range to {
		err := c.checkRcpt(r)
		if err == nil {
			if err = c.answerRcpt(); c.bad {
				return list, false, err
			}
		}
		taken = taken || err == nil
		list = append(list, err)
	}
	return list, taken, nil
}

// wasReset reads the reply to RSET.
func (c *Conn) wasReset() error {
	err := c.answer(StageReset)
	if err != nil {
		c.bad = true
		return err
	}
	c.begun = false
	return nil
}

// beginSlowly waits for every reply before it sends the next command.
func (c *Conn) beginSlowly(m Mail, to []envelope.Recipient) (answers []error, err error) {
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
	c.begun, c.taken = true, 0
	for i := range to {
		one := to[i : i+1]
		if err := c.write(StageRcpt, c.appendRcpts(nil, one), c.cfg.Timeouts.Command); err != nil {
			return answers, c.lastWords(StageRcpt, err)
		}
		if answers, _, err = c.answers(answers, one); err != nil {
			return answers, err
		}
	}
	return answers, nil
}

// announced reads the reply to a DATA that was sent before it was known whether a
// recipient is accepted. A next hop that asks for the message without a recipient gets an
// empty one, which it must refuse (RFC 2920 section 3.1).
func (c *Conn) announced(taken bool) error {
	r, err := c.read(StageData, c.cfg.Timeouts.DataInit)
	if err != nil {
		return err
	}
	if taken {
		c.data, c.asked = r, true
		return nil
	}
	if r.Code/100 == 3 {
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

// answer reads the reply to RSET, MAIL or RCPT.
func (c *Conn) answer(s Stage) error {
	r, err := c.read(s, c.cfg.Timeouts.Command)
	if err == nil && r.Code/100 != 2 {
		err = c.unexpected(s, r)
	}
	return err
}

// answerRcpt reads the reply to RCPT. If the recipient was one too many, the error is
// ErrTooMany with the reply.
func (c *Conn) answerRcpt() error {
	err := c.answer(StageRcpt)
	if err == nil {
		c.taken++
		return nil
	}
	if e := (*Error)(nil); errors.As(err, &e) && tooMany(e.Reply, c.taken) {
		e.Err = ErrTooMany
	}
	return err
}

// tooMany reports whether r refuses one recipient too many; 552 is the old code for it (RFC
// 5321 section 4.5.3.1.10). Both codes also mean a full mailbox: so without the status
// X.5.3 there must be accepted recipients and no other status.
func tooMany(r Reply, taken int) bool {
	if r.Code != 452 && r.Code != 552 {
		return false
	}
	return r.Enhanced == [3]int{r.Code / 100, 5, 3} || r.Enhanced[0] == 0 && taken > 0
}

// Rcpt adds a recipient to the open transaction.
func (c *Conn) Rcpt(ctx context.Context, r envelope.Recipient) error {
	if err := c.checkRcpt(r); err != nil {
		return err
	}
	defer c.watch(ctx)()
	c.line = c.appendRcpt(c.line[:0], r)
	if err := c.write(StageRcpt, c.line, c.cfg.Timeouts.Command); err != nil {
		return c.lastWords(StageRcpt, err)
	}
	return c.answerRcpt()
}

// appendMail appends the MAIL command, with the parameters that the next hop supports.
func (c *Conn) appendMail(b []byte, m Mail) []byte {
	b = append(appendAddress(append(b, "MAIL FROM:<"...), m.From), '>')
	if m.Size > 0 && c.Has("SIZE") {
		b = strconv.AppendInt(append(b, " SIZE="...), m.Size, 10)
	}
	if body := c.body(m.Body); body != envelope.SevenBit {
		b = append(append(b, " BODY="...), body.String()...)
	}
	if m.UTF8 && c.Has("SMTPUTF8") {
		b = append(b, " SMTPUTF8"...)
	}
	if c.Has("DSN") {
		if m.Return != 0 {
			b = append(append(b, " RET="...), m.Return.String()...)
		}
		if m.EnvID != "" {
			b = envelope.AppendXtext(append(b, " ENVID="...), m.EnvID)
		}
	}
	return append(b, "\r\n"...)
}

// appendRcpts appends RCPT commands for the recipients that the next hop supports.
func (c *Conn) appendRcpts(b []byte, to []envelope.Recipient) []byte {
	for _, r := range to {
		if c.checkRcpt(r) == nil {
			b = c.appendRcpt(b, r)
		}
	}
	return b
}

// appendRcpt appends the RCPT command.
func (c *Conn) appendRcpt(b []byte, r envelope.Recipient) []byte {
	b = append(appendAddress(append(b, "RCPT TO:<"...), r.To), '>')
	if c.Has("DSN") {
		if r.Notify != 0 {
			b = append(append(b, " NOTIFY="...), r.Notify.String()...)
		}
		if strings.Contains(r.ORcpt, ";") {
			b = envelope.AppendORcpt(append(b, " ORCPT="...), r.ORcpt, c.Has("SMTPUTF8"))
		}
	}
	return append(b, "\r\n"...)
}

// appendAddress appends an address, the null address as "".
func appendAddress(b []byte, a routing.Address) []byte {
	if a.IsNull() {
		return b
	}
	b, _ = a.AppendText(b) // never fails
	return b
}
