package smtpserver

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// command is a line of the client that is well-formed as a line.
type command struct {
	line string // without CRLF
	verb verb
	arg  string // without surrounding spaces
}

// talk reads and answers commands until the connection ends or STARTTLS was
// accepted.
func (g *conn) talk() {
	for !g.closing && !g.upgrade {
		if g.wire.gate.isClosed() && !g.inMail {
			g.end(reply.ShuttingDown)
			return
		}
		if c, ok := g.command(!g.inMail); ok && g.dispatch(c) {
			g.work()
		}
	}
}

// command reads a command. A line that is none is answered here.
func (g *conn) command(idle bool) (command, bool) {
	if c := g.again; c != nil {
		g.again = nil
		return *c, true
	}
	line, err := g.wire.line(commandLimit, idle)
	if err == errLongLine && looksLike(line, "BDAT") {
		err = errEndlessLine // a chunk follows
	}
	if err != nil {
		g.lost(err)
		return command{}, false
	}
	c := parseCommand(line)
	g.logCommand(c)
	g.sawAuth = g.sawAuth || looksLike(line, "AUTH")
	if c.verb == verbForeign {
		g.end(reply.NotSMTP)
		return c, false
	}
	switch clean := g.cleanLine(c); {
	case looksLike(line, "BDAT") && (!clean || c.verb != verbBdat || strings.Contains(line, "\t") || line[0] == ' '):
		g.refuseAndClose(reply.InvalidArguments) // a chunk follows, and nobody knows how long
		return c, false
	case !clean:
		g.say(reply.IllegalCharacter)
		return c, false
	}
	g.wire.shrink()
	return c, true
}

// commandLimit is the length to which a line may go that begins like this.
func commandLimit(begin []byte) int {
	if looksLike(string(begin[:min(5, len(begin))]), "AUTH") {
		return maxAuthLine
	}
	return maxLine
}

// lost gives the reply to a line that could not be read.
func (g *conn) lost(err error) {
	switch {
	case errors.Is(err, errTimeout):
		g.end(reply.TimedOut)
	case errors.Is(err, errShutdown):
		g.end(reply.ShuttingDown)
	case errors.Is(err, errNoBuffer):
		g.end(reply.InsufficientResources)
	case errors.Is(err, errLongLine):
		g.remark("line too long")
		g.say(reply.LineTooLong)
	case errors.Is(err, errEndlessLine):
		g.remark("line without end")
		g.refuseAndClose(reply.LineTooLong)
	case errors.Is(err, errBareLinefeed):
		g.remark("bare linefeed in command")
		g.refuseAndClose(reply.BareLineEnd)
	default:
		g.remark("connection lost")
		g.closing = true
	}
}

// blanks separate words. RFC 5321 has spaces only.
const blanks = " \t"

// cutWord returns the first word of s and what follows it, without blanks around.
func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return s[:i], strings.Trim(s[i:], blanks)
	}
	return s, ""
}

// parseCommand tells the verb from its argument. Blanks may stand in front of it.
func parseCommand(line string) command {
	word, arg := cutWord(strings.TrimLeft(line, blanks))
	c := command{line: line, arg: arg}
	switch strings.ToUpper(word) {
	case "HELO":
		c.verb = verbHelo
	case "EHLO":
		c.verb = verbEhlo
	case "MAIL":
		c.verb = verbMail
	case "RCPT":
		c.verb = verbRcpt
	case "DATA":
		c.verb = verbData
	case "BDAT":
		c.verb = verbBdat
	case "RSET":
		c.verb = verbRset
	case "NOOP":
		c.verb = verbNoop
	case "QUIT":
		c.verb = verbQuit
	case "VRFY":
		c.verb = verbVrfy
	case "HELP":
		c.verb = verbHelp
	case "STARTTLS":
		c.verb = verbStartTLS
	case "AUTH":
		c.verb = verbAuth
	case "EXPN", "SEND", "SOML", "SAML", "TURN":
		c.verb = verbUnsupported
	case "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PRI", "HOST:", "USER-AGENT:":
		// A browser or proxy that was talked into bringing commands along.
		c.verb = verbForeign
	}
	return c
}

// cleanLine reports whether a command holds only what commands are made of:
// printable ASCII and blanks, and UTF-8 where SMTPUTF8 is offered (RFC 6531, 3.3).
// The name of a device may be in any character set, and helloName sees to it.
func (g *conn) cleanLine(c command) bool {
	ascii := true
	for i := 0; i < len(c.line); i++ {
		if b := c.line[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
		ascii = ascii && c.line[i] < utf8.RuneSelf
	}
	return ascii || c.verb == verbHelo || c.verb == verbEhlo || g.cfg.SMTPUTF8 && utf8.ValidString(c.line)
}

// dispatch answers c, or makes it the pending command and returns true.
func (g *conn) dispatch(c command) bool {
	g.pending = pending{verb: c.verb}
	reason := reply.UnrecognizedCommand
	switch c.verb {
	case verbHelo, verbEhlo:
		reason, g.pending.name = 0, helloName(c.arg)
	case verbMail:
		reason = g.checkMail(c.arg)
	case verbRcpt:
		reason = g.checkRcpt(c.arg)
	case verbData:
		reason = g.checkData(c.arg)
	case verbBdat:
		return g.startBdat(c.arg)
	case verbAuth:
		reason = g.checkAuth(c.arg)
	case verbRset:
		reason = noArgument(c.arg)
	case verbQuit:
		if reason = noArgument(c.arg); reason == 0 {
			g.pending.verb = verbUnknown
			g.end(reply.Bye)
			return false
		}
	case verbStartTLS:
		reason = g.checkStartTLS(c.arg)
	case verbNoop:
		reason = reply.NoopOK
	case verbHelp:
		reason = reply.HelpOK
	case verbVrfy:
		if reason = reply.VerifyNothing; c.arg == "" {
			reason = reply.InvalidArguments
		}
	case verbUnsupported:
		reason = reply.CommandNotImplemented
	}
	if reason == 0 {
		return true
	}
	g.pending = pending{}
	switch {
	case c.verb == verbNoop, c.verb == verbHelp, c.verb == verbVrfy:
		g.say(reason)
		g.idled()
	case reason == reply.InvalidAddress, reason == reply.AddressNeedsUTF8:
		g.answerMail(c.verb, g.text(reason))
	default:
		g.say(reason)
	}
	g.afterRefusal(c.verb)
	return false
}

// afterRefusal closes when the client took for granted what was refused: what
// it has sent already behind DATA is a message, not commands.
func (g *conn) afterRefusal(v verb) {
	if v == verbData && len(g.wire.unread()) > 0 {
		g.end(reply.ImproperPipelining)
	}
}

// noArgument refuses an argument where there must be none.
func noArgument(arg string) (r reply.Reason) {
	if arg != "" {
		return reply.InvalidArguments
	}
	return r
}

// checkStartTLS accepts STARTTLS or returns the reason to refuse it.
func (g *conn) checkStartTLS(arg string) reply.Reason {
	switch {
	case g.encrypted:
		return reply.BadSequence
	case g.cfg.TLS == nil:
		return reply.UnrecognizedCommand
	case arg != "":
		return reply.InvalidArguments
	case !g.hello:
		return reply.SendHelloFirst
	case g.inMail:
		return reply.BadSequence
	}
	if len(g.wire.unread()) > 0 {
		// Sent in the clear, perhaps by a third party, to be believed under TLS
		// (CVE-2011-0411).
		g.closing = true
		return reply.ImproperPipelining
	}
	g.upgrade = true
	return reply.StartTLSReady
}

// checkData returns the reason to refuse DATA, or none.
func (g *conn) checkData(arg string) (r reply.Reason) {
	switch {
	case arg != "":
		return reply.InvalidArguments
	case !g.hello:
		return reply.SendHelloFirst
	case !g.inMail:
		return reply.NeedMail
	case g.accepted == 0:
		return reply.NeedRcpt
	case g.mail.Body == BodyBinaryMIME:
		return reply.BinaryNeedsChunks
	}
	return r
}

// complete gives the reply to a command that the session has worked through,
// and keeps the account of the dialog.
func (g *conn) complete(p pending) {
	accepted := p.reply.Code == 250 || p.reply.Code == 235
	forNow := p.reply.Code >= 400 && p.reply.Code < 500
	switch p.verb {
	case verbHelo, verbEhlo:
		if g.hello {
			defer g.idled()
		}
		g.hello, g.esmtp, g.offer = accepted, p.verb == verbEhlo, p.offer
		g.inMail, g.accepted = false, 0
		if accepted {
			g.writeHello(p.reply.Text)
			return
		}
	case verbMail:
		g.inMail, g.mail, g.accepted = accepted, p.mail, 0
		if forNow {
			defer g.idled()
		}
	case verbRcpt:
		if forNow {
			defer g.deferred()
		}
		if accepted {
			g.accepted++
		}
	case verbRset:
		g.inMail, g.mail, g.accepted = false, Mail{}, 0
		defer g.idled()
	case verbData, verbBdat:
		g.inMail, g.mail, g.accepted = false, Mail{}, 0
		if accepted {
			g.idle, g.putOff = 0, 0
		}
	case verbAuth:
		g.authed = accepted
		if p.logon && !accepted {
			g.answerLogon(p.reply)
			return
		}
	}
	if !p.silent {
		g.answerMail(p.verb, p.reply)
	}
	if p.close {
		g.closing, g.cutOff = true, true
	}
}
