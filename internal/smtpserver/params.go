package smtpserver

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// checkMail parses MAIL, or returns the reason to refuse it.
func (g *conn) checkMail(arg string) (r reply.Reason) {
	switch {
	case !g.hello:
		return reply.SendHelloFirst
	case g.inMail:
		return reply.BadSequence // RFC 5321, 4.1.4: no nested MAIL
	}
	m := &g.pending.mail
	from, params, r := g.parsePath(arg, "FROM:", true)
	if r != 0 {
		return r
	}
	m.From = from
	if r := g.params(params, g.mailParam); r != 0 {
		return r
	}
	if !m.UTF8 && !from.IsASCII() {
		return reply.AddressNeedsUTF8
	}
	return r
}

// checkRcpt parses RCPT, or returns the reason to refuse it.
func (g *conn) checkRcpt(arg string) (r reply.Reason) {
	switch {
	case !g.hello:
		return reply.SendHelloFirst
	case !g.inMail:
		return reply.NeedMail
	}
	to, params, r := g.parsePath(arg, "TO:", false)
	if r != 0 {
		return r
	}
	if !g.mail.UTF8 && !to.IsASCII() {
		return reply.AddressNeedsUTF8
	}
	g.pending.rcpt.To = to
	return g.params(params, g.rcptParam)
}

// parsePath takes "FROM:<path> parameters" apart and completes a path without a
// domain, or returns the reason to refuse it. A domain may be written in UTF-8
// without SMTPUTF8: it becomes A-labels, which every next hop takes.
func (g *conn) parsePath(arg, keyword string, nullOK bool) (a routing.Address, params string, r reply.Reason) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return a, "", reply.InvalidArguments
	}
	a, params, err := routing.ParsePath(arg[len(keyword):], nullOK)
	if err != nil {
		return a, "", reply.InvalidAddress
	}
	if !a.IsValid() && !a.IsNull() {
		if !g.protect(func() { a = g.sess.Complete(a) }) || !a.IsValid() {
			return a, "", reply.InvalidAddress
		}
	}
	return a, params, r
}

// params calls set for every parameter. One that comes twice must say the same
// both times. They are taken after HELO, too: some clients say it behind EHLO or
// in its place, and go on with what they know of the server.
func (g *conn) params(s string, set func(key, value string) (taken bool)) (r reply.Reason) {
	var seen []string
	for p := range strings.FieldsFuncSeq(s, isBlank) {
		key, value, _ := strings.Cut(p, "=")
		key = strings.ToUpper(key)
		for i := 0; i < len(seen); i += 2 {
			if seen[i] == key && seen[i+1] != value {
				return reply.InvalidArguments
			}
		}
		seen = append(seen, key, value)
		if !set(key, value) {
			return reply.UnknownParameter
		}
	}
	return r
}

// isBlank reports whether c separates words.
func isBlank(c rune) bool { return c == ' ' || c == '\t' }

// mailParam takes a parameter of MAIL and reports whether it is taken: SIZE and BODY
// for 8 bits always, since nothing is asked for with them, the others where they
// were offered. A value that can't be read counts as not given: all of them are
// hints, or ask for something in a report, and no reason to lose the mail.
func (g *conn) mailParam(key, value string) (taken bool) {
	m := &g.pending.mail
	switch key {
	case "SIZE": // RFC 1870
		if g.offer.Size {
			m.Size = parseSize(value)
		}
		return true
	case "BODY": // RFC 6152, RFC 3030
		return g.bodyParam(value)
	case "SMTPUTF8": // RFC 6531
		m.UTF8 = true
		return g.cfg.SMTPUTF8
	case "RET": // RFC 3461
		if v := strings.ToUpper(value); v == "FULL" || v == "HDRS" {
			m.Ret = v
		}
		return g.cfg.DSN
	case "ENVID":
		m.EnvID = parseEnvID(value)
		return g.cfg.DSN
	case "AUTH": // RFC 4954, section 5
		// What a client says of another's log-on is never used or passed on.
		return true
	}
	return false
}

// bodyParam takes MAIL's BODY.
func (g *conn) bodyParam(value string) (taken bool) {
	m := &g.pending.mail
	switch strings.ToUpper(value) {
	case "8BITMIME":
		m.Body = Body8BitMIME
	case "BINARYMIME":
		m.Body = BodyBinaryMIME
		return g.cfg.BinaryMime
	}
	return true
}

// rcptParam takes a parameter of RCPT like mailParam.
func (g *conn) rcptParam(key, value string) (taken bool) {
	r := &g.pending.rcpt
	switch key {
	case "NOTIFY": // RFC 3461
		r.Notify = parseNotify(value)
		return g.cfg.DSN
	case "ORCPT":
		r.ORcpt = parseOriginalRecipient(value)
		return g.cfg.DSN
	}
	return false
}
