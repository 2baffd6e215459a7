package dsn

import (
	"strings"
)

// writer writes the parts of a report.
type writer struct {
	*Report
	host     string
	boundary string
}

// global returns the prefix of the media types of RFC 6533, "" for RFC 3464.
func (w *writer) global() string {
	if w.UTF8 {
		return "global-"
	}
	return ""
}

// encoding returns the value of Content-Transfer-Encoding.
func encoding(eightBit bool) string {
	if eightBit {
		return "8bit"
	}
	return "7bit"
}

// part begins a part with its header.
func (w *writer) part(b *strings.Builder, description, contentType, encoding string) {
	b.WriteString("\r\n--" + w.boundary + "\r\n")
	field(b, "Content-Description", description)
	field(b, "Content-Type", contentType)
	field(b, "Content-Transfer-Encoding", encoding)
	b.WriteString("\r\n")
}
