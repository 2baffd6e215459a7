package smtpserver

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// text returns what is said for a reason, in the connector's edition.
func (g *conn) text(reason reply.Reason) reply.Reply {
	return reason.Reply(g.cfg.Profile)
}

// say is answer with the words for a reason.
func (g *conn) say(reason reply.Reason) { g.answer(g.text(reason)) }

// answer gives the reply to a command, with what a negative one entails: the
// tarpit, the count of errors, the end.
func (g *conn) answer(r reply.Reply) {
	if r.Code >= 500 {
		g.errors++
		if !g.trusted() {
			g.delay(g.cfg.TarpitInterval)
		}
	}
	g.write(r)
	g.closeIfDue(r)
}

// answerMail is answer for what is said of senders, recipients and messages. A
// refusal of those is no error of a client that guesses nothing: a list may well
// have more dead addresses than MaxProtocolErrors, and each client of a next hop
// more messages that it refuses.
func (g *conn) answerMail(v verb, r reply.Reply) {
	switch v {
	case verbMail, verbRcpt, verbData, verbBdat:
		if r.Code >= 500 && g.guessesNothing() {
			g.write(r)
			g.deferred() // which bounds how many there may be
			return
		}
	}
	g.answer(r)
}

// closeIfDue ends the connection if r or the errors so far call for it.
func (g *conn) closeIfDue(r reply.Reply) {
	switch {
	case g.closing:
	case r.Code == 421:
		g.closing = true
	case g.cfg.MaxProtocolErrors >= 0 && g.errors > g.cfg.MaxProtocolErrors:
		g.end(reply.TooManyErrors)
	case g.cfg.MaxLogonFailures > 0 && g.logons >= g.cfg.MaxLogonFailures:
		g.end(reply.TooManyLogonFailures)
	}
}

// end gives the last reply.
func (g *conn) end(reason reply.Reason) {
	if !g.closing {
		g.write(g.text(reason))
		g.closing = true
		_ = g.wire.flush()
	}
}

// refuseAndClose is say with the end of the connection behind it.
func (g *conn) refuseAndClose(reason reply.Reason) {
	g.say(reason)
	g.closing, g.cutOff = true, true
}

// delay keeps an untrusted client waiting; a shutdown doesn't wait for it.
func (g *conn) delay(d time.Duration) {
	if d <= 0 {
		return
	}
	_ = g.wire.flush()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.stop.Done():
	}
}

// write puts r into the buffer of replies.
func (g *conn) write(r reply.Reply) {
	text, rest, more := strings.Cut(r.Text, "\n")
	for more {
		g.writeLine(r, text, false)
		text, rest, more = strings.Cut(rest, "\n")
	}
	g.writeLine(r, text, true)
}

// writeLine writes one line of r, cut to what a reply line may have.
func (g *conn) writeLine(r reply.Reply, text string, last bool) {
	start := len(g.wire.out)
	b := slices.Grow(g.wire.out, min(len("550 5.7.54 \r\n")+len(text), maxReplyLine))
	b = strconv.AppendInt(b, int64(r.Code), 10)
	if last {
		b = append(b, ' ')
	} else {
		b = append(b, '-')
	}
	// RFC 2034, section 4: not for 3xx; HELO and EHLO pass none.
	if g.cfg.EnhancedCodes && r.Enhanced != [3]int{} {
		for i, n := range r.Enhanced {
			b = append(strconv.AppendInt(b, int64(n), 10), ".. "[i])
		}
	}
	for i := 0; i < len(text) && len(b)-start < maxReplyLine-2; i++ {
		c := text[i]
		if c < ' ' || c > '~' {
			c = '?'
		}
		b = append(b, c)
	}
	g.log('>', b[start:])
	g.wire.out = append(b, '\r', '\n')
}

// checked makes sure of a session's reply: it accepts with want or refuses.
func (g *conn) checked(r reply.Reply, want int) reply.Reply {
	if r.Code == want || r.Code >= 400 && r.Code <= 599 {
		return r
	}
	return g.text(reply.TemporaryError)
}
