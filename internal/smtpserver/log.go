package smtpserver

import "strings"

const hexDigits = "0123456789ABCDEF"

// maxLogLine bounds a line of the protocol log.
const maxLogLine = 1024

// log writes a line to the protocol log, escaped.
func (g *conn) log(event byte, line []byte) {
	if g.cfg.Log != nil {
		g.cfg.Log(event, escape(string(line)))
	}
}

// logCommand logs what the client sent, unless it may hold a secret. Once a
// client has said AUTH, a line that is no command may be a password that came
// after the exchange had failed.
func (g *conn) logCommand(c command) {
	if g.cfg.Log == nil {
		return
	}
	switch {
	case c.verb == verbAuth:
		mech, rest := cutWord(c.arg)
		if !isSASLName(mech) {
			mech, rest = "<redacted>", ""
		}
		if rest != "" {
			mech += " <redacted>"
		}
		g.cfg.Log('<', "AUTH "+mech)
	case c.verb == verbUnknown && (g.sawAuth || looksLike(c.line, "AUTH")):
		g.cfg.Log('<', "<redacted>")
	default:
		g.cfg.Log('<', escape(c.line))
	}
}

// looksLike reports whether a line was meant as the command verb, even if it is
// none.
func looksLike(line, verb string) bool {
	line = strings.TrimLeft(line, " \t")
	return len(line) >= len(verb) && strings.EqualFold(line[:len(verb)], verb)
}

// escape returns s as printable ASCII: any other octet, and the backslash,
// as \xNN.
func escape(s string) string {
	clean := len(s) <= maxLogLine
	for i := 0; clean && i < len(s); i++ {
		clean = s[i] >= ' ' && s[i] <= '~' && s[i] != '\\'
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if b.Len() >= maxLogLine {
			b.WriteString("...")
			break
		}
		if c := s[i]; c >= ' ' && c <= '~' && c != '\\' {
			b.WriteByte(c)
		} else {
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}
