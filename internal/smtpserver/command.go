package smtpserver

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// command is a line of the client that is well-formed as a line.
type command struct {
	line string // without CRLF
	verb verb
	arg  string // without surrounding blanks
}

// Why a line can't be handled as a command, beside the wire's errors.
var (
	errIllegalCharacter = errors.New("illegal character in command")
	errNotSMTP          = errors.New("not SMTP")
	errBadChunk         = errors.New("malformed BDAT") // a chunk of unknown size follows
)

// readCommand reads the next command. While the client is idle, a shutdown ends
// the wait for it.
func (c *conn) readCommand(idle bool) (command, error) {
	if idle && c.wire.gate.isClosed() {
		return command{}, errShutdown
	}
	if c.hasPutBack {
		c.hasPutBack = false
		return c.putBack, nil
	}
	line, err := c.wire.line(commandLimit, idle)
	if err == errLongLine && looksLike(line, "BDAT") {
		err = errEndlessLine // a chunk follows
	}
	if err != nil {
		return command{}, err
	}
	cmd := parseCommand(line)
	c.logCommand(cmd)
	c.sawAuth = c.sawAuth || looksLike(line, "AUTH")
	clean := isClean(cmd)
	switch {
	case c.isProxyHeader(line):
		c.err = errProxyHeader
		return command{}, errNotSMTP
	case cmd.verb == verbForeign:
		return command{}, errNotSMTP
	case looksLike(line, "BDAT") && (!clean || cmd.verb != verbBdat || strings.Contains(line, "\t") || line[0] == ' '):
		return command{}, errBadChunk
	case !clean:
		return command{}, errIllegalCharacter
	}
	c.wire.shrink()
	return cmd, nil
}

// commandLimit returns the most bytes that a line which begins like this may have.
func commandLimit(begin []byte) int {
	if looksLike(string(begin[:min(5, len(begin))]), "AUTH") {
		return maxAuthLine
	}
	return maxLine
}

// readFailed returns the answer to a line or a message that could not be read.
func (c *conn) readFailed(err error) answer {
	switch err {
	case errTimeout:
		c.timedOut()
		return answer{last: reply.TimedOut}
	case errShutdown:
		return answer{last: reply.ShuttingDown}
	case errNoBuffer:
		over := c.cfg.Buffers.pool.State(c.cfg.Source)
		over.Value++ // what was refused
		c.report(over)
		return answer{last: reply.InsufficientResources}
	case errNotSMTP:
		return answer{last: reply.NotSMTP}
	case errIllegalCharacter:
		return c.answer(reply.IllegalCharacter)
	case errLongLine:
		c.note("line too long")
		return c.answer(reply.LineTooLong)
	case errEndlessLine:
		c.note("line without end")
		return c.cutOffAnswer(reply.LineTooLong)
	case errBareLinefeed:
		c.note("bare linefeed in command")
		return c.cutOffAnswer(reply.BareLineEnd)
	case errTinyChunks:
		c.reached("SmallChunks", manyChunks+1, manyChunks)
		return c.cutOffAnswer(reply.InvalidArguments)
	case errBadChunk:
		return c.cutOffAnswer(reply.InvalidArguments)
	}
	c.note("connection lost")
	c.closing, c.lost = true, true
	return answer{}
}

// timedOut reports the limit of time that has ended the connection.
func (c *conn) timedOut() {
	name, limit, waited := "ConnectionInactivityTimeout", c.cfg.InactivityTimeout, c.cfg.InactivityTimeout
	if w := &c.wire; time.Until(w.end) <= w.tolerance() {
		name, limit, waited = "ConnectionTimeout", c.cfg.ConnectionTimeout, c.cfg.ConnectionTimeout-time.Until(w.end)
	}
	c.reached(name, waited.Milliseconds(), limit.Milliseconds())
}

// parseCommand splits a line into verb and argument. Blanks may precede the verb.
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
	case "XCLIENT":
		c.verb = verbXclient
	case "EXPN", "SEND", "SOML", "SAML", "TURN":
		c.verb = verbUnsupported
	case "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PRI", "HOST:", "USER-AGENT:":
		// A browser or proxy that was tricked into sending commands.
		c.verb = verbForeign
	}
	return c
}

// isClean reports whether a command consists of UTF-8 without control characters. The
// Handler refuses an address that needs SMTPUTF8 (RFC 6531). The name in EHLO may
// have any character set: order.HelloName replaces what isn't ASCII.
func isClean(cmd command) bool {
	for i := 0; i < len(cmd.line); i++ {
		if b := cmd.line[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return cmd.verb == verbHelo || cmd.verb == verbEhlo || utf8.ValidString(cmd.line)
}
