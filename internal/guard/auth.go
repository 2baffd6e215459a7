package guard

import (
	"encoding/base64"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// maxAuthRounds is more than any SASL mechanism asks for.
const maxAuthRounds = 16

// checkAuth takes the argument of AUTH, or returns the reply that refuses it.
func (g *guard) checkAuth(arg string) (r connector.Reply) {
	mech, initial, given := strings.Cut(arg, " ")
	switch {
	case !g.hello:
		return replyHelloFirst
	case !g.esmtp, g.authed, g.inMail: // RFC 4954, section 4
		return replySequence
	case !isSASLName(mech), strings.Contains(initial, " "):
		return replyArguments
	}
	g.pending.mech = strings.ToUpper(mech)
	if given {
		var ok bool
		if g.pending.initial, ok = decodeInitial(initial); !ok {
			return replyBase64
		}
	}
	return r
}

// isSASLName reports whether s can be a mechanism (RFC 4422, section 3.1).
func isSASLName(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, letters+digits+"-_") == ""
}

// decodeInitial decodes an initial response; "=" is an empty one.
func decodeInitial(s string) ([]byte, bool) {
	if s == "=" {
		return []byte{}, true
	}
	b, ok := decodeBase64(s)
	return b, ok && len(b) > 0
}

// decodeBase64 is strict where encoding/base64 is not: no line breaks, no bits
// left over.
func decodeBase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return b, err == nil
}

// doAuth goes through the exchange.
func (g *guard) doAuth() connector.Reply {
	p := &g.pending
	exchange, r := g.sess.Auth(g.ctx, p.mech)
	if r != (connector.Reply{}) || exchange == nil {
		return checked(r, 0) // never acceptance
	}
	response := p.initial
	for range maxAuthRounds {
		challenge, done, err := exchange.Next(response)
		if done || err != nil {
			p.logon = true
			return g.sess.AuthEnd(g.ctx, err)
		}
		if r, response = g.askResponse(challenge); r.Code != 0 {
			return r
		}
	}
	return replyCancelled
}

// askResponse sends a challenge and reads the response to it; a reply with a
// code ends the exchange.
func (g *guard) askResponse(challenge []byte) (r connector.Reply, response []byte) {
	g.wire.out = append(g.wire.out, "334 "...)
	g.wire.out = base64.StdEncoding.AppendEncode(g.wire.out, challenge)
	g.wire.out = append(g.wire.out, '\r', '\n')
	g.log('>', []byte("334 <challenge>"))
	line, err := g.wire.line(func([]byte) int { return maxAuthLine }, true)
	if err == errLongLine {
		return replyLongLine, nil
	}
	if err != nil {
		g.lost(err)
		g.pending.silent = true
		return replyTimeout, nil
	}
	g.log('<', []byte("<redacted>"))
	if line == "*" { // RFC 4954, section 4
		return replyCancelled, nil
	}
	response, ok := decodeBase64(line)
	if !ok {
		return replyBase64, nil
	}
	if response == nil {
		response = []byte{}
	}
	return r, response
}

// answerLogon gives the reply to a failed logon. What is the verifier's trouble
// (4xx) is not counted as a guess.
func (g *guard) answerLogon(r connector.Reply) {
	g.delay(g.cfg.AuthTarpit)
	g.write(r)
	if r.Code >= 500 {
		g.logons++
	}
	g.closeIfDue(r)
}
