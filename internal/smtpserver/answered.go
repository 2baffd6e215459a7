package smtpserver

import (
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// Answered is a command that was handled. All BDAT commands of a message are one.
type Answered struct {
	Verb   string       // in upper case; "": a command that this server doesn't know
	Code   int          // of the reply; 0: the client broke the message or the connection off, or STARTTLS or XCLIENT was accepted
	Reason reply.Reason // of a reply that this package decided on; Undecided: the Handler did

	// Took is the time that handling took: of a message with its transfer, of AUTH and STARTTLS with
	// the client's part, and without the delay of a tarpit.
	Took time.Duration
	// Held is the part of Took for which the client waited at the end of its message; 0: the
	// message wasn't read to its end.
	Held time.Duration
}

// perform handles a command and tells Config.Answered how that went.
func (c *conn) perform(cmd command) answer {
	if c.cfg.Answered == nil {
		return c.handle(cmd)
	}
	begun := time.Now()
	c.arrived = time.Time{}
	a := c.handle(cmd)
	ended := time.Now()
	r := Answered{Verb: cmd.verb.String(), Code: a.reply.Code, Reason: a.reason, Took: ended.Sub(begun)}
	if a.last != 0 {
		r.Code, r.Reason = c.text(a.last).Code, a.last
	}
	if !c.arrived.IsZero() {
		r.Held = ended.Sub(c.arrived)
	}
	c.cfg.Answered(r)
	return a
}
