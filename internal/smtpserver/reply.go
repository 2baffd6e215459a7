package smtpserver

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/limits"
)

// answer is the server's reaction to a command: the reply, how it counts, and whether the
// connection ends.
type answer struct {
	reply  reply.Reply  // zero: no reply is due, or it has been sent
	reason reply.Reason // of reply, if this package decided on it

	refusesMail   bool // the command named a sender or a recipient, or brought a message
	failedLogon   bool // the reply refuses credentials, or the check of them failed
	withoutEffect bool // the command brought no message nearer
	deferredRcpt  bool // a recipient was refused for now

	last   reply.Reason // a reply to be sent last, after which the connection ends
	cutOff bool         // the connection ends after reply, while the client may still be sending
}

// answer returns the answer with the reply for reason.
func (c *conn) answer(reason reply.Reason) answer {
	return answer{reply: c.text(reason), reason: reason}
}

// cutOffAnswer returns the answer that refuses and ends the connection, because
// commands can no longer be told from content.
func (c *conn) cutOffAnswer(reason reply.Reason) answer {
	return answer{reply: c.text(reason), reason: reason, cutOff: true}
}

// send sends the replies of a, slows down a client that is refused, counts what a
// says about the client, and ends the connection if a or the counts call for it.
func (c *conn) send(a answer) {
	if a.reply.Code != 0 {
		c.sendReply(a)
	}
	if a.withoutEffect {
		c.countWithoutEffect("CommandsWithoutEffect", &c.patience.idle, maxIdle)
	}
	if a.deferredRcpt {
		c.countWithoutEffect("RefusedRecipients", &c.patience.deferred, maxDeferred)
	}
	if a.last != 0 {
		c.closeWith(a.last)
	}
	if a.cutOff {
		c.closing, c.cutOff = true, true
	}
}

// sendReply sends the reply of a. A refusal counts as an error, with two
// exceptions. A failed logon has a count of its own, to which a failure of the
// verifier (4xx) doesn't add. And the mail of a client that has nothing to guess
// may well be refused more often than MaxProtocolErrors: a list has dead addresses.
func (c *conn) sendReply(a answer) {
	refused := a.reply.Code >= 500
	switch {
	case a.failedLogon:
		c.delay("AuthTarpitInterval", c.cfg.AuthTarpit)
		if refused {
			c.patience.logons++
		}
	case refused && a.refusesMail && c.guessesNothing():
		c.writeReply(a.reply)
		c.countWithoutEffect("RefusedRecipients", &c.patience.deferred, maxDeferred)
		return
	case refused:
		c.patience.errors++
		c.tarpit()
	}
	c.writeReply(a.reply)
	if a.reply.Code == 421 {
		c.closing = true
	}
	c.closeIfImpatient()
}

// guessesNothing reports whether the client is trusted or may relay.
func (c *conn) guessesNothing() bool { return c.handler.Trusted() || c.handler.Relays() }

// patience counts errors and commands without effect on a connection.
type patience struct {
	errors   int
	logons   int // that failed
	idle     int // commands without effect since the last message
	deferred int // recipients refused for now, and refusals that are no errors, since the last message
}

// countWithoutEffect adds one to a count of commands without effect, after their reply. From
// limit on each is an error, and ten times as many end the connection.
func (c *conn) countWithoutEffect(name string, count *int, limit int) {
	*count++
	if *count > limit && (*count == limit+1 || *count > 10*limit) {
		c.reached(name, int64(*count), int64(limit))
	}
	switch {
	case *count > 10*limit:
		c.closeWith(reply.TooManyErrors)
	case *count > limit:
		c.patience.errors++
		c.tarpit()
		c.closeIfImpatient()
	}
}

// closeIfImpatient ends the connection if there were too many errors.
func (c *conn) closeIfImpatient() {
	switch most := c.cfg.MaxProtocolErrors; {
	case c.closing:
	case most >= 0 && c.patience.errors > most:
		c.reached("MaxProtocolErrors", int64(c.patience.errors), int64(most))
		c.closeWith(reply.TooManyErrors)
	case c.cfg.MaxLogonFailures > 0 && c.patience.logons >= c.cfg.MaxLogonFailures:
		c.reached("MaxLogonFailures", int64(c.patience.logons), int64(c.cfg.MaxLogonFailures))
		c.closeWith(reply.TooManyLogonFailures)
	}
}

// reached reports a limit of the connection.
func (c *conn) reached(name string, value, bound int64) {
	c.report(limits.State{Limit: name, By: limits.ByConnection, Value: value, Bound: bound})
}

// report reports a limit that was reached.
func (c *conn) report(s limits.State) {
	if c.cfg.Reached != nil {
		c.cfg.Reached(s)
	}
}

// closeWith sends the last reply, unless the connection is closing already.
func (c *conn) closeWith(reason reply.Reason) {
	if !c.closing {
		c.writeReply(c.text(reason))
		c.closing = true
		_ = c.wire.flush()
	}
}

// tarpit delays the reply to a client that isn't trusted.
func (c *conn) tarpit() {
	if c.cfg.TarpitInterval > 0 && !c.handler.Trusted() {
		c.delay("TarpitInterval", c.cfg.TarpitInterval)
	}
}

// delay waits for d, for the end of the connection's time, or for the begin of a shutdown. If too many replies are
// delayed already, it doesn't wait. name is the parameter.
func (c *conn) delay(name string, d time.Duration) {
	if d = min(d, time.Until(c.wire.end)); d <= 0 {
		return
	}
	if pits := c.cfg.Tarpits; pits != nil {
		if over := pits.Take(c.cfg.Source); over != nil {
			c.report(*over)
			return
		}
		defer pits.Give(c.cfg.Source)
	}
	c.reached(name, int64(c.patience.errors), int64(c.cfg.MaxProtocolErrors))
	_ = c.wire.flush()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.shutdown.Done():
	}
}

// writeReply puts r into the buffer of replies.
func (c *conn) writeReply(r reply.Reply) {
	start := len(c.wire.out)
	text, rest, more := strings.Cut(r.Text, "\n")
	for more {
		c.writeLine(r, text, '-')
		text, rest, more = strings.Cut(rest, "\n")
	}
	c.writeLine(r, text, ' ')
	c.logReply(c.wire.out[start:])
}

// writeLine writes one line of r, cut to the length of a reply line. sep separates
// the code from the text: '-' if more lines follow, ' ' in the last one.
func (c *conn) writeLine(r reply.Reply, text string, sep byte) {
	start := len(c.wire.out)
	b := slices.Grow(c.wire.out, min(len("550 5.7.54 \r\n")+len(text), maxReplyLine))
	b = append(strconv.AppendInt(b, int64(r.Code), 10), sep)
	// RFC 2034, section 4: not for 3xx; the replies to HELO and EHLO have none.
	if c.cfg.EnhancedCodes && r.Enhanced != [3]int{} {
		b = append(r.AppendEnhanced(b), ' ')
	}
	text = ascii.Printable(text[:min(len(text), maxReplyLine-2-(len(b)-start))])
	c.wire.out = append(append(b, text...), '\r', '\n')
}

// checked returns r if it accepts with the code accept or refuses. Any other
// reply becomes a refusal for now.
func (c *conn) checked(r reply.Reply, accept int) reply.Reply {
	if r.Code == accept || r.Code >= 400 && r.Code <= 599 {
		return r
	}
	return c.text(reply.TemporaryError)
}
