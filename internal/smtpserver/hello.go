package smtpserver

import (
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxHelloName is RFC 5321, section 4.5.3.1.2.
const maxHelloName = 255

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// helloName is the argument of EHLO or HELO as the session gets it: with '?' for
// every octet that isn't printable ASCII, and cut. Devices say all kinds of names,
// with blanks, quotes and umlauts, and nothing is decided by them. None at all is
// left to the session, too: most connectors put up with it (RequireEHLODomain).
func helloName(arg string) string {
	b := []byte(arg[:min(len(arg), maxHelloName)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// doHello asks the session.
func (g *conn) doHello() reply.Reply {
	p := &g.pending
	offer, r := g.sess.Hello(g.ctx, p.name, p.verb == verbEhlo)
	p.offer = offer
	p.close = offer.Hangup && r.Code != 250
	return r
}

// writeHello writes the reply to an accepted EHLO or HELO. The order of the
// keywords is Exchange's.
func (g *conn) writeHello(text string) {
	if text == "" {
		text = reply.HelloText(g.cfg.Fqdn, g.remoteIP())
	}
	text, _, _ = strings.Cut(text, "\n")
	if g.esmtp {
		for _, k := range g.keywords() {
			text += "\n" + k
		}
	}
	g.write(reply.Reply{Code: 250, Text: text})
}

// keywords returns the lines of the EHLO reply behind the first.
func (g *conn) keywords() []string {
	var list []string
	offer := func(on bool, keyword string) {
		if on {
			list = append(list, keyword)
		}
	}
	if g.offer.MaxSize > 0 {
		offer(g.offer.Size, "SIZE "+strconv.FormatInt(g.offer.MaxSize, 10))
	} else {
		offer(g.offer.Size, "SIZE")
	}
	offer(g.cfg.Pipelining, "PIPELINING")
	offer(g.cfg.DSN, "DSN")
	offer(g.cfg.EnhancedCodes, "ENHANCEDSTATUSCODES")
	offer(g.cfg.TLS != nil && !g.encrypted, "STARTTLS")
	offer(len(g.offer.SASL) > 0, "AUTH "+strings.Join(g.offer.SASL, " "))
	offer(g.cfg.EightBitMime, "8BITMIME")
	offer(g.cfg.BinaryMime, "BINARYMIME")
	offer(g.cfg.Chunking, "CHUNKING")
	offer(g.cfg.SMTPUTF8, "SMTPUTF8")
	return append(list, g.offer.More...)
}
