package guard

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// checkMail parses MAIL, or returns the reason to refuse it.
func (g *guard) checkMail(arg string) (r connector.ReasonCode) {
	switch {
	case !g.hello:
		return connector.SendHelloFirst
	case g.inMail:
		return connector.BadSequence // RFC 5321, 4.1.4: no nested MAIL
	}
	m := &g.pending.mail
	from, path, params, ok := parsePath(arg, "FROM:", true)
	if !ok {
		return connector.InvalidAddress
	}
	m.From = from
	if r := g.params(params, g.mailParam); r != 0 {
		return r
	}
	if !m.UTF8 && !isASCII(path) {
		return connector.AddressNeedsUTF8
	}
	return r
}

// checkRcpt parses RCPT, or returns the reason to refuse it.
func (g *guard) checkRcpt(arg string) (r connector.ReasonCode) {
	switch {
	case !g.hello:
		return connector.SendHelloFirst
	case !g.inMail:
		return connector.NeedMail
	}
	to, path, params, ok := parsePath(arg, "TO:", false)
	if ok && !to.IsValid() { // <Postmaster>, the one recipient without a domain
		to = to.WithDomain(g.cfg.PostmasterDomain)
	}
	if !ok || !to.IsValid() {
		return connector.InvalidAddress
	}
	if !g.mail.UTF8 && !isASCII(path) {
		return connector.AddressNeedsUTF8
	}
	g.pending.rcpt.To = to
	return g.params(params, g.rcptParam)
}

// parsePath takes "FROM:<path> parameters" apart. Spaces before the bracket are
// not in the grammar, but many small devices send one, and they cannot be
// misunderstood; the brackets are required.
func parsePath(arg, keyword string, nullOK bool) (a routing.Address, path, params string, ok bool) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return a, "", "", false
	}
	path = strings.TrimLeft(arg[len(keyword):], " ")
	a, params, err := routing.ParsePath(path, nullOK)
	return a, path[:len(path)-len(params)], params, err == nil
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// params calls set for every parameter; none may come twice, and after HELO
// there are none.
func (g *guard) params(s string, set func(key, value string, given bool) connector.ReasonCode) (r connector.ReasonCode) {
	var seen []string
	for p := range strings.FieldsSeq(s) {
		if !g.esmtp {
			return connector.UnknownParameter
		}
		key, value, given := strings.Cut(p, "=")
		key = strings.ToUpper(key)
		for _, k := range seen {
			if k == key {
				return connector.InvalidArguments
			}
		}
		seen = append(seen, key)
		if r := set(key, value, given); r != 0 {
			return r
		}
	}
	return r
}

// verdictOn judges a parameter: unknown if its extension was not
// offered, malformed if its value is.
func verdictOn(offered, valid bool) (r connector.ReasonCode) {
	switch {
	case !offered:
		return connector.UnknownParameter
	case !valid:
		return connector.InvalidArguments
	}
	return r
}

// mailParam takes a parameter of MAIL.
func (g *guard) mailParam(key, value string, given bool) connector.ReasonCode {
	m := &g.pending.mail
	valid := true
	switch key {
	case "SIZE": // RFC 1870
		m.Size, valid = parseSize(value)
		return verdictOn(g.offer.Size, valid)
	case "BODY": // RFC 6152, RFC 3030
		return g.bodyParam(value)
	case "SMTPUTF8": // RFC 6531
		m.UTF8 = true
		return verdictOn(g.cfg.SMTPUTF8, !given)
	case "RET": // RFC 3461
		m.Ret = strings.ToUpper(value)
		return verdictOn(g.cfg.DSN, m.Ret == "FULL" || m.Ret == "HDRS")
	case "ENVID":
		m.EnvID = value
		text, ok := decodeXtext(value)
		return verdictOn(g.cfg.DSN, ok && text != "" && len(text) <= 100 && isPrintable(text))
	case "AUTH": // RFC 4954, section 5
		// What a client says of another's log-on is never used or passed on.
		return verdictOn(g.authed || len(g.offer.SASL) > 0, isAuthParam(value))
	}
	return connector.UnknownParameter
}

// bodyParam takes MAIL's BODY.
func (g *guard) bodyParam(value string) connector.ReasonCode {
	m := &g.pending.mail
	switch strings.ToUpper(value) {
	case "7BIT":
		return verdictOn(g.cfg.EightBitMime || g.cfg.BinaryMime, true)
	case "8BITMIME":
		m.Body = Body8BitMIME
		return verdictOn(g.cfg.EightBitMime, true)
	case "BINARYMIME":
		m.Body = BodyBinaryMIME
		return verdictOn(g.cfg.BinaryMime, true)
	}
	return verdictOn(g.cfg.EightBitMime || g.cfg.BinaryMime, false)
}

// rcptParam takes a parameter of RCPT.
func (g *guard) rcptParam(key, value string, _ bool) connector.ReasonCode {
	r := &g.pending.rcpt
	valid := true
	switch key {
	case "NOTIFY": // RFC 3461
		r.Notify, valid = parseNotify(value)
		return verdictOn(g.cfg.DSN, valid)
	case "ORCPT":
		r.ORcpt = value
		return verdictOn(g.cfg.DSN, isOriginalRecipient(value))
	}
	return connector.UnknownParameter
}

// parseSize parses SIZE: up to 20 digits; what does not fit is the most that
// does, so that it is too large rather than malformed.
func parseSize(s string) (int64, bool) {
	if s == "" || len(s) > 20 || strings.Trim(s, digits) != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return n, true
}

// isAuthParam reports whether s is a value of MAIL's AUTH: xtext of an address
// or of "<>".
func isAuthParam(s string) bool {
	text, ok := decodeXtext(s)
	if !ok || text == "<>" {
		return ok
	}
	a, err := routing.ParseAddress(text)
	return err == nil && a.IsValid()
}

// parseNotify parses NOTIFY: NEVER alone, or others, each once.
func parseNotify(s string) ([]string, bool) {
	list := strings.Split(strings.ToUpper(s), ",")
	var seen [3]bool
	for _, v := range list {
		i := -1
		switch v {
		case "NEVER":
			if len(list) == 1 {
				return list, true
			}
		case "SUCCESS":
			i = 0
		case "FAILURE":
			i = 1
		case "DELAY":
			i = 2
		}
		if i < 0 || seen[i] {
			return nil, false
		}
		seen[i] = true
	}
	return list, true
}

// isOriginalRecipient checks ORCPT: an address type and xtext, for the type
// utf-8 with UTF-8 and \x{...} in it (RFC 6533, section 3).
func isOriginalRecipient(s string) bool {
	typ, addr, ok := strings.Cut(s, ";")
	if !ok || typ == "" || addr == "" || len(s) > 500 || strings.Trim(typ, letters+digits+"-") != "" {
		return false
	}
	if strings.EqualFold(typ, "utf-8") {
		return utf8.ValidString(addr) && !strings.ContainsAny(addr, "+= \x7f") && !strings.ContainsFunc(addr, unicode.IsControl)
	}
	text, ok := decodeXtext(addr)
	return ok && isPrintable(text)
}

// isPrintable reports whether s is printable ASCII.
func isPrintable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// decodeXtext decodes xtext (RFC 3461, section 4) and refuses what is none.
func decodeXtext(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c < '!' || c > '~' || c == '=':
			return "", false
		case c == '+':
			if i+2 >= len(s) {
				return "", false
			}
			hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		out = append(out, c)
	}
	return string(out), true
}
