package smtpserver

import (
	"math"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// handleMail begins a transaction.
func (c *conn) handleMail(arg string) answer {
	if a, ok := c.inOrder(order.Mail); !ok {
		return a
	}
	m, reason := c.parseMail(arg)
	if reason != 0 {
		return c.refuseArguments(reason)
	}
	r := c.checked(c.handler.Mail(m), 250)
	if r.Code == 250 {
		c.order.Transaction, c.order.Binary = true, m.Body == envelope.BinaryMIME
	}
	return answer{reply: r, refusesMail: true, withoutEffect: isTemporary(r)}
}

// handleRcpt adds a recipient to the transaction.
func (c *conn) handleRcpt(arg string) answer {
	if a, ok := c.inOrder(order.Rcpt); !ok {
		return a
	}
	to, reason := c.parseRcpt(arg)
	if reason != 0 {
		return c.refuseArguments(reason)
	}
	r := c.checked(c.handler.Rcpt(to), 250)
	if r.Code == 250 {
		c.order.Recipients++
	}
	return answer{reply: r, refusesMail: true, deferredRcpt: isTemporary(r)}
}

// refuseArguments refuses MAIL or RCPT. An address that can't be used is a refused
// sender or recipient; anything else is a protocol error.
func (c *conn) refuseArguments(reason reply.Reason) answer {
	a := c.answer(reason)
	a.refusesMail = reason == reply.InvalidAddress
	return a
}

// isTemporary reports whether r refuses for now.
func isTemporary(r reply.Reply) bool { return r.Code >= 400 && r.Code < 500 }

// parseMail parses the argument of MAIL, or returns the reason to refuse it.
func (c *conn) parseMail(arg string) (m envelope.Envelope, r reply.Reason) {
	from, params, r := c.parsePath(arg, "FROM:", true)
	if r != 0 {
		return m, r
	}
	m.From = from
	return m, parseParams(params, func(key, value string) bool { return c.mailParam(&m, key, value) })
}

// parseRcpt parses the argument of RCPT, or returns the reason to refuse it.
func (c *conn) parseRcpt(arg string) (rcpt envelope.Recipient, r reply.Reason) {
	to, params, r := c.parsePath(arg, "TO:", false)
	if r != 0 {
		return rcpt, r
	}
	rcpt.To = to
	return rcpt, parseParams(params, func(key, value string) bool { return c.rcptParam(&rcpt, key, value) })
}

// parsePath splits "FROM:<path> parameters" and completes a path without a domain, or
// returns the reason to refuse it. A domain may be written in UTF-8 without SMTPUTF8:
// it becomes A-labels, which every next hop accepts.
func (c *conn) parsePath(arg, keyword string, nullOK bool) (a routing.Address, params string, r reply.Reason) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return a, "", reply.InvalidArguments
	}
	a, params, err := routing.ParsePath(arg[len(keyword):], nullOK)
	if err != nil {
		return a, "", reply.InvalidAddress
	}
	if !a.IsValid() && !a.IsNull() {
		if a = c.handler.Complete(a); !a.IsValid() {
			return a, "", reply.InvalidAddress
		}
	}
	return a, params, r
}

// parseParams calls set for every parameter. A parameter that comes twice must have
// the same value. Parameters are accepted after HELO, too: some clients send HELO
// behind EHLO or in its place, and use the extensions that they know of.
func parseParams(s string, set func(key, value string) (ok bool)) (r reply.Reason) {
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

// mailParam stores a parameter of MAIL in m and reports whether it is accepted: SIZE,
// AUTH and BODY=8BITMIME always, because they ask for nothing, the others if they are
// offered. An unreadable value counts as not given: parameters are hints, or ask for
// something in a report, and no reason to lose mail.
func (c *conn) mailParam(m *envelope.Envelope, key, value string) (ok bool) {
	switch key {
	case "SIZE": // RFC 1870
		if c.offer.Size {
			m.Size = parseSize(value)
		}
		return true
	case "BODY": // RFC 6152, RFC 3030
		m.Body, _ = envelope.ParseBodyType(value)
		return m.Body != envelope.BinaryMIME || c.cfg.BinaryMime
	case "SMTPUTF8": // RFC 6531
		m.UTF8 = true
		return c.cfg.SMTPUTF8
	case "RET": // RFC 3461
		m.Return, _ = envelope.ParseReturn(value)
		return c.cfg.DSN
	case "ENVID":
		m.EnvID, _ = envelope.ParseEnvID(value)
		return c.cfg.DSN
	case "AUTH": // RFC 4954, section 5
		// The logon that a client reports of somebody else is never used.
		return true
	}
	return false
}

// rcptParam does for a parameter of RCPT what mailParam does for MAIL.
func (c *conn) rcptParam(r *envelope.Recipient, key, value string) (ok bool) {
	switch key {
	case "NOTIFY": // RFC 3461
		r.Notify, _ = envelope.ParseNotify(value)
		return c.cfg.DSN
	case "ORCPT":
		r.ORcpt, _ = envelope.ParseORcpt(value)
		return c.cfg.DSN
	}
	return false
}

// parseSize parses SIZE, up to 20 digits. A number that doesn't fit becomes the
// largest that does: too large rather than unknown. It returns 0 for other text.
func parseSize(s string) int64 {
	if s == "" || len(s) > 20 || strings.Trim(s, digits) != "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return n
}
