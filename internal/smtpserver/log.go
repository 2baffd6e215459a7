package smtpserver

import (
	"strings"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// Events of the protocol log.
const (
	logSent     = '>'
	logReceived = '<'
	logNote     = '*'
	logEnd      = '-'
	logWithheld = 0 // a line that is counted and not written
)

// log writes a line to the protocol log, escaped.
func (c *conn) log(event byte, data, context string) {
	if c.cfg.Log != nil {
		c.cfg.Log(event, ascii.Escape(data), ascii.Escape(context))
	}
}

// note writes a line about the connection.
func (c *conn) note(context string) { c.log(logNote, "", context) }

// logReply writes the lines of a reply, as they were sent, as one line, with blanks between them.
func (c *conn) logReply(sent []byte) {
	if c.cfg.Log == nil {
		return
	}
	lines := strings.Split(strings.TrimSuffix(string(sent), "\r\n"), "\r\n")
	if len(lines) > 1 {
		code := lines[0][:len("250")]
		for i := range lines {
			lines[i] = lines[i][len("250-"):]
		}
		lines = append([]string{code + " "}, lines...)
	}
	c.log(logSent, strings.Join(lines, " "), "")
}

// logEnded writes which side has ended the connection.
func (c *conn) logEnded() {
	side := "Local"
	if c.lost {
		side = "Remote"
	}
	c.log(logEnd, "", side)
}

// logCommand logs a command without any secret in it. Once a client has sent AUTH,
// a line that isn't a command may be a password, sent after the exchange failed.
func (c *conn) logCommand(cmd command) {
	switch {
	case c.cfg.Log == nil:
	case cmd.verb == verbAuth:
		mech, rest := cutWord(cmd.arg)
		if !isSASLName(mech) {
			mech, rest = "<redacted>", ""
		}
		if rest != "" {
			mech += " <redacted>"
		}
		c.log(logReceived, "AUTH "+mech, "")
	case cmd.verb == verbUnknown && (c.sawAuth || looksLike(cmd.line, "AUTH")):
		c.log(logReceived, "<redacted>", "")
	default:
		c.log(logReceived, cmd.line, "")
	}
}
