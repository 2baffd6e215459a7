package smtpserver

import (
	"github.com/interchange-smtp/interchange/connector/reply"
)

// pending is a command that was found valid and in order.
type pending struct {
	verb    verb
	name    string // EHLO
	mail    Mail
	rcpt    Rcpt
	mech    string // AUTH
	initial []byte // AUTH; nil: no initial response
	chunk   chunk  // BDAT
	offer   Offer
	reply   reply.Reply
	silent  bool // the client is not to get reply
	close   bool // nothing after the reply
	logon   bool // AUTH: reply is the verdict on credentials
}

// work has the session do the pending command, and gives its reply.
func (g *conn) work() {
	ok := g.protect(g.perform)
	done := g.pending
	g.pending = pending{}
	if ok {
		g.complete(done)
	}
}

// perform asks the session about the pending command.
func (g *conn) perform() {
	p := &g.pending
	switch p.verb {
	case verbHelo, verbEhlo:
		g.reset()
		p.reply = g.checked(g.doHello(), 250)
	case verbMail:
		p.reply = g.checked(g.sess.Mail(g.ctx, p.mail), 250)
	case verbRcpt:
		p.reply = g.checked(g.sess.Rcpt(g.ctx, p.rcpt), 250)
	case verbData, verbBdat:
		if p.verb == verbData {
			g.write(g.text(reply.StartMail))
		}
		p.reply = g.receive()
		g.reset()
	case verbRset:
		g.reset()
		p.reply = g.text(reply.ResetOK)
	case verbAuth:
		p.reply = g.checked(g.doAuth(), 235)
	}
}

// reset ends the session's transaction, if there is one.
func (g *conn) reset() {
	if g.inMail {
		g.sess.Reset()
	}
}
