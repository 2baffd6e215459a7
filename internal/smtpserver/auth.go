package smtpserver

import (
	"encoding/base64"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxAuthRounds is more than any SASL mechanism asks for.
const maxAuthRounds = 16

// checkAuth takes the argument of AUTH, or returns the reason to refuse it.
func (g *conn) checkAuth(arg string) (r reply.Reason) {
	mech, initial := cutWord(arg)
	switch {
	case !g.hello:
		return reply.SendHelloFirst
	case g.authed, g.inMail: // RFC 4954, section 4
		return reply.BadSequence
	case !isSASLName(mech), strings.ContainsAny(initial, blanks):
		return reply.InvalidArguments // two responses, or one in two parts
	}
	g.pending.mech = strings.ToUpper(mech)
	if initial != "" {
		var ok bool
		if g.pending.initial, ok = decodeInitial(initial); !ok {
			return reply.AuthMalformed
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

// decodeBase64 takes what can mean one thing only: blanks count for nothing, and
// neither does how a client pads.
func decodeBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(strings.NewReplacer(" ", "", "\t", "").Replace(s), "=")
	if strings.ContainsAny(s, "\r\n") { // which the package would skip
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}

// doAuth goes through the exchange.
func (g *conn) doAuth() reply.Reply {
	p := &g.pending
	exchange, r := g.sess.Auth(g.ctx, p.mech)
	if r != (reply.Reply{}) || exchange == nil {
		return g.checked(r, 0) // never acceptance
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
	return g.text(reply.AuthCancelled)
}

// askResponse sends a challenge and reads the response to it; a reply with a
// code ends the exchange.
func (g *conn) askResponse(challenge []byte) (r reply.Reply, response []byte) {
	g.wire.out = append(g.wire.out, "334 "...)
	g.wire.out = base64.StdEncoding.AppendEncode(g.wire.out, challenge)
	g.wire.out = append(g.wire.out, '\r', '\n')
	g.log('>', []byte("334 <challenge>"))
	line, err := g.wire.line(func([]byte) int { return maxAuthLine }, true)
	if err == errLongLine {
		return g.text(reply.AuthTooLong), nil
	}
	if err != nil {
		g.lost(err)
		g.pending.silent = true
		return g.text(reply.TimedOut), nil
	}
	g.log('<', []byte("<redacted>"))
	if line == "*" { // RFC 4954, section 4
		return g.text(reply.AuthCancelled), nil
	}
	response, ok := decodeBase64(line)
	if !ok {
		return g.text(reply.AuthMalformed), nil
	}
	if response == nil {
		response = []byte{}
	}
	return r, response
}

// answerLogon gives the reply to a failed logon. What is the verifier's trouble
// (4xx) is not counted as a guess.
func (g *conn) answerLogon(r reply.Reply) {
	g.delay(g.cfg.AuthTarpit)
	g.write(r)
	if r.Code >= 500 {
		g.logons++
	}
	g.closeIfDue(r)
}
