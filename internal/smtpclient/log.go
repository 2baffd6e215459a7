package smtpclient

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/mailtls"
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
func (c *Conn) log(event byte, data, context string) {
	if c.cfg.Log != nil {
		c.cfg.Log(event, ascii.Escape(data), ascii.Escape(context))
	}
}

// logCommands logs the commands in b, which are sent at a stage. Of a logon it logs the mechanism
// only, and nothing of a message.
func (c *Conn) logCommands(s Stage, b []byte) {
	if c.cfg.Log == nil || s == StageBody {
		return
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(b), "\r\n"), "\r\n") {
		mechanism, isAuth := strings.CutPrefix(line, "AUTH ")
		switch {
		case s != StageAuth:
			c.log(logSent, line, "")
		case isAuth:
			if mechanism, _, more := strings.Cut(mechanism, " "); more {
				line = "AUTH " + mechanism + " <redacted>"
			}
			c.log(logSent, line, "")
		default:
			c.log(logWithheld, "", "")
		}
	}
}

// logReply logs a reply, in one line. A challenge is withheld.
func (c *Conn) logReply(s Stage, r Reply) {
	if c.cfg.Log == nil {
		return
	}
	if s == StageAuth && r.Code/100 == 3 {
		c.log(logReceived, strconv.Itoa(r.Code)+" <authentication response>", "")
		return
	}
	text := strconv.Itoa(r.Code)
	if len(r.Lines) > 1 {
		text += " "
	}
	if r.Enhanced[0] != 0 {
		text += fmt.Sprintf(" %d.%d.%d", r.Enhanced[0], r.Enhanced[1], r.Enhanced[2])
	}
	c.log(logReceived, text+" "+strings.Join(r.Lines, " "), "")
}

// logSecured notes the handshake: the host's certificate, and what was negotiated.
func (c *Conn) logSecured() {
	if c.cfg.Log == nil {
		return
	}
	state := c.tlsState()
	if len(state.PeerCertificates) > 0 {
		c.log(logNote, mailtls.CertificateNote(state.PeerCertificates[0]), "Remote certificate"+mailtls.CertificateFields)
	}
	c.log(logNote, "", mailtls.NegotiationNote(state, false))
}

// logEnded notes why the connection is of no use any more, if err says so, and which side ends it.
func (c *Conn) logEnded(err error) {
	if c.ended {
		return
	}
	c.ended = true
	if err != nil {
		c.log(logNote, "", err.Error())
	}
	side := "Local"
	if c.lost {
		side = "Remote"
	}
	c.log(logEnd, "", side)
}
