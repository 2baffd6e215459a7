package smtpserver

import "strings"

// maxLogLine is the most bytes of a line in the protocol log.
const maxLogLine = 1024

// log writes a line to the protocol log, escaped.
func (c *conn) log(event byte, line []byte) {
	if c.cfg.Log != nil {
		c.cfg.Log(event, escape(string(line)))
	}
}

// remark writes a line of the server's own to the protocol log.
func (c *conn) remark(text string) {
	if c.cfg.Log != nil {
		c.cfg.Log('*', escape(text))
	}
}

// escape returns s as printable ASCII, with \xNN for any other byte and for the
// backslash.
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
