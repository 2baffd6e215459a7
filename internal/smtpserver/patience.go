package smtpserver

import (
	"github.com/interchange-smtp/interchange/connector/reply"
)

// idled counts a command that led nowhere, after its reply.
func (g *conn) idled() {
	g.idle++
	switch {
	case g.idle > 10*maxIdle:
		g.end(reply.TooManyErrors)
	case g.idle > maxIdle:
		g.strike()
	}
}

// deferred counts a recipient that was refused for now, after the reply.
func (g *conn) deferred() {
	g.putOff++
	switch {
	case g.putOff > 10*maxPutOff:
		g.end(reply.TooManyErrors)
	case g.putOff > maxPutOff:
		g.strike()
	}
}

// strike makes an error of a command whose reply was none.
func (g *conn) strike() {
	g.errors++
	if !g.trusted() {
		g.delay(g.cfg.TarpitInterval)
	}
	g.closeIfDue(reply.Reply{})
}
