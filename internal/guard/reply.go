package guard

import (
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
)

// The replies that are the guard's own. Where Exchange's wording is known it is
// used; the rest is chosen here.
var (
	replyQuit        = connector.Reply{Code: 221, Enhanced: [3]int{2, 0, 0}, Text: "Service closing transmission channel"}
	replyStartTLS    = connector.Reply{Code: 220, Enhanced: [3]int{2, 0, 0}, Text: "SMTP server ready"}
	replyNoop        = connector.Reply{Code: 250, Enhanced: [3]int{2, 0, 0}, Text: "OK"}
	replyReset       = connector.Reply{Code: 250, Enhanced: [3]int{2, 0, 0}, Text: "Resetting"}
	replyVerify      = connector.Reply{Code: 252, Enhanced: [3]int{2, 1, 5}, Text: "Cannot VRFY user, but will accept message and attempt delivery"}
	replyHelp        = connector.Reply{Code: 214, Enhanced: [3]int{2, 0, 0}, Text: "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP"}
	replyStartInput  = connector.Reply{Code: 354, Text: "Start mail input; end with <CRLF>.<CRLF>"}
	replyStopping    = connector.Reply{Code: 421, Enhanced: [3]int{4, 3, 2}, Text: "Service not available, closing transmission channel"}
	replyTimeout     = connector.Reply{Code: 421, Enhanced: [3]int{4, 4, 1}, Text: "Connection timed out"}
	replyErrors      = connector.Reply{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "Too many errors on this connection, closing transmission channel"}
	replyNotMail     = connector.Reply{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "This is an SMTP server, closing transmission channel"}
	replyFault       = connector.Reply{Code: 421, Enhanced: [3]int{4, 3, 0}, Text: "Internal error, closing transmission channel"}
	replyLocal       = connector.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "Temporary server error. Please try again later"}
	replyBadLine     = connector.Reply{Code: 500, Enhanced: [3]int{5, 5, 2}, Text: "Syntax error, illegal character in command"}
	replyBareLine    = connector.Reply{Code: 500, Enhanced: [3]int{5, 5, 2}, Text: "Lines must end with CRLF"}
	replyLongLine    = connector.Reply{Code: 500, Enhanced: [3]int{5, 5, 2}, Text: "Line too long"}
	replyUnknown     = connector.Reply{Code: 500, Enhanced: [3]int{5, 3, 3}, Text: "Unrecognized command"}
	replyArguments   = connector.Reply{Code: 501, Enhanced: [3]int{5, 5, 4}, Text: "Invalid arguments"}
	replyDomain      = connector.Reply{Code: 501, Enhanced: [3]int{5, 5, 4}, Text: "Invalid domain name"}
	replyAddress     = connector.Reply{Code: 501, Enhanced: [3]int{5, 1, 7}, Text: "Invalid Address"}
	replyBase64      = connector.Reply{Code: 501, Enhanced: [3]int{5, 5, 2}, Text: "Cannot decode response"}
	replyCancelled   = connector.Reply{Code: 501, Enhanced: [3]int{5, 7, 0}, Text: "Authentication cancelled"}
	replyUnsupported = connector.Reply{Code: 502, Enhanced: [3]int{5, 5, 1}, Text: "Command not implemented"}
	replySequence    = connector.Reply{Code: 503, Enhanced: [3]int{5, 5, 1}, Text: "Bad sequence of commands"}
	replyHelloFirst  = connector.Reply{Code: 503, Enhanced: [3]int{5, 5, 2}, Text: "Send hello first"}
	replyNeedMail    = connector.Reply{Code: 503, Enhanced: [3]int{5, 5, 2}, Text: "Need mail command"}
	replyNeedRcpt    = connector.Reply{Code: 503, Enhanced: [3]int{5, 5, 2}, Text: "Need rcpt command"}
	replyPipelined   = connector.Reply{Code: 554, Enhanced: [3]int{5, 5, 0}, Text: "Improper use of command pipelining, closing transmission channel"}
	replyLinefeed    = connector.Reply{Code: 550, Enhanced: [3]int{5, 6, 11}, Text: "Bare carriage return, bare linefeed or NUL in message"}
	replyUTF8        = connector.Reply{Code: 553, Enhanced: [3]int{5, 6, 7}, Text: "Address needs SMTPUTF8"}
	replyParameter   = connector.Reply{Code: 555, Enhanced: [3]int{5, 5, 4}, Text: "Unsupported parameter"}
)

// answer gives the reply to a command, with what a negative one entails: the
// tarpit, the count of errors, the end.
func (g *guard) answer(r connector.Reply) {
	if r.Code >= 500 {
		g.errors++
		if !g.trusted() {
			g.delay(g.cfg.TarpitInterval)
		}
	}
	g.write(r)
	g.closeIfDue(r)
}

// closeIfDue ends the connection if r or the errors so far call for it.
func (g *guard) closeIfDue(r connector.Reply) {
	switch {
	case g.closing:
	case r.Code == 421:
		g.closing = true
	case g.cfg.MaxProtocolErrors >= 0 && g.errors > g.cfg.MaxProtocolErrors,
		g.cfg.MaxLogonFailures > 0 && g.logons >= g.cfg.MaxLogonFailures:
		g.end(replyErrors)
	}
}

// end gives the last reply.
func (g *guard) end(r connector.Reply) {
	if !g.closing {
		g.write(r)
		g.closing = true
		_ = g.wire.flush()
	}
}

// refuseAndClose is answer with the end of the connection behind it.
func (g *guard) refuseAndClose(r connector.Reply) {
	g.answer(r)
	g.closing, g.cutOff = true, true
}

// delay keeps an untrusted client waiting; a shutdown doesn't wait for it.
func (g *guard) delay(d time.Duration) {
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
func (g *guard) write(r connector.Reply) {
	text, rest, more := strings.Cut(r.Text, "\n")
	for more {
		g.writeLine(r, text, false)
		text, rest, more = strings.Cut(rest, "\n")
	}
	g.writeLine(r, text, true)
}

// writeLine writes one line of r, cut to what a reply line may have.
func (g *guard) writeLine(r connector.Reply, text string, last bool) {
	start := len(g.wire.out)
	b := strconv.AppendInt(g.wire.out, int64(r.Code), 10)
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
func checked(r connector.Reply, want int) connector.Reply {
	if r.Code == want || r.Code >= 400 && r.Code <= 599 {
		return r
	}
	return replyLocal
}
