package smtpserver

import (
	"encoding/base64"
	"strings"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxAuthRounds is more than any SASL mechanism asks for.
const maxAuthRounds = 16

// handleAuth goes through a SASL exchange.
func (c *conn) handleAuth(arg string) answer {
	if a, ok := c.inOrder(order.Auth); !ok {
		return a
	}
	mech, initial := cutWord(arg)
	if !isSASLName(mech) || strings.ContainsAny(initial, blanks) {
		return c.answer(reply.InvalidArguments) // two responses, or one in two parts
	}
	response, ok := decodeInitial(initial)
	if !ok {
		return c.answer(reply.AuthMalformed)
	}
	exchange, r := c.handler.Auth(strings.ToUpper(mech))
	if r != (reply.Reply{}) || exchange == nil {
		return answer{reply: c.checked(r, 0)} // never acceptance
	}
	for range maxAuthRounds {
		challenge, done, err := exchange.Next(response)
		if done || err != nil {
			r = c.checked(c.handler.AuthEnd(err), 235)
			c.order.Authenticated = r.Code == 235
			return answer{reply: r, failedLogon: !c.order.Authenticated}
		}
		var a answer
		if response, a, ok = c.askResponse(challenge); !ok {
			return a
		}
	}
	return c.answer(reply.AuthCancelled)
}

// askResponse sends a challenge and reads the response to it. If there is no
// response, ok is false and a ends the exchange.
func (c *conn) askResponse(challenge []byte) (response []byte, a answer, ok bool) {
	c.wire.out = append(c.wire.out, "334 "...)
	c.wire.out = base64.StdEncoding.AppendEncode(c.wire.out, challenge)
	c.wire.out = append(c.wire.out, '\r', '\n')
	c.log(logSent, "334 <authentication response>", "")
	line, err := c.wire.line(func([]byte) int { return maxAuthLine }, true)
	if err == errLongLine {
		return nil, c.answer(reply.AuthTooLong), false
	}
	if err != nil {
		return nil, c.readFailed(err), false
	}
	c.log(logWithheld, "", "")
	if line == "*" { // RFC 4954, section 4
		return nil, c.answer(reply.AuthCancelled), false
	}
	if response, ok = decodeBase64(line); !ok {
		return nil, c.answer(reply.AuthMalformed), false
	}
	return response, answer{}, true
}

// decodeInitial decodes an initial response: nil if the client sent none, empty for "=".
func decodeInitial(s string) ([]byte, bool) {
	switch s {
	case "":
		return nil, true
	case "=":
		return []byte{}, true
	}
	b, ok := decodeBase64(s)
	return b, ok && len(b) > 0
}

// decodeBase64 decodes everything that can mean one thing only: it ignores blanks
// and padding. The result is never nil.
func decodeBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(strings.NewReplacer(" ", "", "\t", "").Replace(s), "=")
	if strings.ContainsAny(s, "\r\n") { // DecodeString would skip them
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}
