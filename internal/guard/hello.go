package guard

import (
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// checkHello takes the argument of EHLO or HELO, or returns the reason to
// refuse it. None at all is left to the session: some connectors put up with
// it (RequireEHLODomain).
func (g *guard) checkHello(arg string) (r connector.ReasonCode) {
	if arg != "" && !isHelloName(arg) {
		return connector.InvalidHello
	}
	g.pending.name = arg
	return r
}

// isHelloName reports whether s looks like a domain or an address literal. It is
// a little wider than RFC 5321, 4.1.2: real clients send underscores and a
// trailing dot. It never holds a space, quote, bracket within or control.
func isHelloName(s string) bool {
	if len(s) > 255 {
		return false
	}
	if lit, ok := strings.CutPrefix(s, "["); ok {
		lit, ok = strings.CutSuffix(lit, "]")
		return ok && lit != "" && strings.Trim(lit, letters+digits+".:-") == ""
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, letters+digits+"-_") != "" {
			return false
		}
	}
	return true
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// doHello asks the session.
func (g *guard) doHello() connector.Reply {
	p := &g.pending
	offer, r := g.sess.Hello(g.ctx, p.name, p.verb == verbEhlo)
	if p.verb == verbEhlo {
		p.offer = offer
	}
	p.close = offer.Hangup && r.Code != 250
	return r
}

// writeHello writes the reply to an accepted EHLO or HELO. The order of the
// keywords is Exchange's.
func (g *guard) writeHello(text string) {
	if text == "" {
		text = connector.HelloText(g.cfg.Fqdn, g.remoteIP())
	}
	text, _, _ = strings.Cut(text, "\n")
	if g.esmtp {
		for _, k := range g.keywords() {
			text += "\n" + k
		}
	}
	g.write(connector.Reply{Code: 250, Text: text})
}

// keywords returns the lines of the EHLO reply behind the first.
func (g *guard) keywords() []string {
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
