package smtpserver

import (
	"net"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/xclient"
)

// handleHello begins the dialog, or begins it again.
func (c *conn) handleHello(cmd command) answer {
	again := c.order.Greeted
	c.endTransaction()
	esmtp := cmd.verb == verbEhlo
	name, _ := order.HelloName(cmd.arg) // readCommand has refused control characters
	offer, r := c.handler.Hello(name, esmtp)
	a := answer{reply: c.checked(r, 250), withoutEffect: again}
	c.offer, c.order.Greeted = offer, a.reply.Code == 250
	if c.order.Greeted {
		if r.Text == "" {
			r.Text = reply.HelloText(c.cfg.Fqdn, c.remoteIP())
		}
		a.reply.Enhanced = [3]int{}
		a.reply.Text = c.helloText(r.Text, esmtp)
	} else {
		a.cutOff = offer.Hangup
	}
	return a
}

// helloText returns the text of the reply to an accepted EHLO or HELO. The order
// of the keywords is Exchange's.
func (c *conn) helloText(text string, esmtp bool) string {
	text, _, _ = strings.Cut(text, "\n")
	if !esmtp {
		return text
	}
	var b strings.Builder
	b.Grow(256)
	b.WriteString(text)
	keyword := func(on bool, words ...string) {
		if on {
			b.WriteByte('\n')
			for i, word := range words {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(word)
			}
		}
	}
	size := c.offer.MaxSize
	keyword(c.offer.Size && size > 0, "SIZE", strconv.FormatInt(size, 10))
	keyword(c.offer.Size && size <= 0, "SIZE")
	keyword(c.cfg.Pipelining, "PIPELINING")
	keyword(c.cfg.DSN, "DSN")
	keyword(c.cfg.EnhancedCodes, "ENHANCEDSTATUSCODES")
	keyword(c.offer.StartTLS, "STARTTLS")
	keyword(len(c.offer.SASL) > 0, "AUTH", strings.Join(c.offer.SASL, " "))
	keyword(c.cfg.EightBitMime, "8BITMIME")
	keyword(c.cfg.BinaryMime, "BINARYMIME")
	keyword(c.cfg.Chunking, "CHUNKING")
	keyword(c.takesXclient(), xclient.Keyword)
	keyword(c.cfg.SMTPUTF8, "SMTPUTF8")
	return b.String()
}

// remoteIP returns the client's address for the reply to EHLO.
func (c *conn) remoteIP() string {
	a := c.wire.raw.RemoteAddr()
	if a == nil {
		return "unknown"
	}
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.String()
	}
	if host, _, err := net.SplitHostPort(a.String()); err == nil {
		return host
	}
	return a.String()
}
