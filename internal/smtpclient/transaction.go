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

// Mail is an envelope and what its message needs of the hop.
type Mail struct {
	envelope.Envelope
	HeaderUTF8 bool // the header of the message has characters beyond ASCII
}

// window is how many RCPT leave in one write. Every server takes that many (RFC
// 5321 section 4.5.3.1.8), and the answers to them fit into any window of TCP:
// a hop that can't send what it has to say stops reading (RFC 2920 section 3.1).
const window = 100

// Check reports whether a hop with c's extensions can take m: ErrUTF8 or ErrTooBig.
// A message that can't be converted for it is found by Data.
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

// Begin opens a transaction with the recipients to; answers holds nil or the
// refusal of each, and beside an error only of those whom the hop answered before it.
// With data, DATA is announced in the same write where that may be; to must then be
// one recipient, so that nothing is left to decide.
// A transaction that was left open before is reset on the way.
func (c *Conn) Begin(ctx context.Context, m Mail, to []envelope.Recipient, data bool) (answers []error, err error) {
	if err := c.Check(m); err != nil {
		return nil, err
	}
	if answers := c.unspeakable(to); answers != nil {
		return answers, nil
	}
	if _, convert := c.conversion(m.Body); convert {
		data = false // a message that can't be converted is not to be announced
	}
	defer c.watch(ctx)()
	if c.Has("PIPELINING") {
		answers, err = c.beginAtOnce(m, to, data)
	} else {
		answers, err = c.beginSlowly(m, to)
	}
	if err == nil && c.br.Buffered() > 0 && slices.Contains(answers, nil) {
		// Whose answer is whose can't be told.
		c.bad = true
		return nil, &Error{Stage: StageRcpt, Err: fmt.Errorf("%w: more replies than commands", errPlace)}
	}
	return answers, err
}

// beginAtOnce doesn't wait for an answer before the next command.
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
		// Without a recipient the answers stand, whatever became of DATA.
		if err = c.announced(taken && c.begun); !taken {
			err = nil
		}
	}
	if refused != nil {
		return nil, refused // even if the hop said no more than that
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

// unspeakable returns the answers to recipients none of whom the hop can be
// told of; nil if there is one.
func (c *Conn) unspeakable(to []envelope.Recipient) []error {
	for _, r := range to {
		if c.checkRcpt(r) == nil {
			return nil
		}
	}
	answers := make([]error, len(to))
	for i, r := range to {
		answers[i] = c.checkRcpt(r)
	}
	return answers
}

// checkRcpt reports whether the hop can be told of r: ErrUTF8.
func (c *Conn) checkRcpt(r envelope.Recipient) error {
	if !r.To.IsASCII() && !c.Has("SMTPUTF8") {
		return &Error{Stage: StageRcpt, Err: ErrUTF8}
	}
	return nil
}

// answers appends the answers to pipelined RCPT to list; taken says that one of
// them at least was accepted.
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

// announced reads the answer to a DATA that was sent before it was known
// whether there is a recipient. A hop that asks for the message although it
// has none gets an empty one, which it must refuse (RFC 2920 section 3.1).
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

// answerRcpt reads the reply to RCPT. Of a recipient who was only one too many the
// error is ErrTooMany, and holds the reply.
func (c *Conn) answerRcpt() error {
	err := c.answer(StageRcpt)
	var e *Error
	switch {
	case err == nil:
		c.taken++
	case errors.As(err, &e) && tooMany(e.Reply, c.taken):
		e.Err = ErrTooMany
	}
	return err
}

// tooMany reports whether r refuses one recipient too many; 552 is the old code for
// it (RFC 5321 section 4.5.3.1.10). Both codes are those of a full mailbox, too: so
// without X.5.3 it takes some that were accepted before, and no other status.
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

// appendMail appends the MAIL command, with the parameters that the hop knows.
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

// appendRcpts appends RCPT commands for those whom the hop can be told of.
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

// appendAddress appends an address as it stands between the angle brackets.
func appendAddress(b []byte, a routing.Address) []byte {
	if a.IsNull() {
		return b
	}
	b, _ = a.AppendText(b) // fails only for an address that is neither valid nor null
	return b
}
