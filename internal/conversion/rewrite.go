package conversion

import (
	"bytes"
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// maxHeader bounds the header of one part, in bytes.
const maxHeader = 1 << 20

// readHeader reads the next header into c.header, and returns false if it can't.
func (c *converter) readHeader(message bool) bool {
	h := &c.header
	*h = header{message: message, raw: h.raw[:0], fields: h.fields[:0]}
	var line []byte
	for !c.broken() {
		var ok bool
		if line, ok = c.in.line(line[:0], maxHeader); !ok {
			break
		}
		text, _ := cutEnd(line)
		switch {
		case len(text) == 0:
			h.ended = true
			return true
		case len(h.raw)+len(line) > maxHeader:
			c.fail("", "has a header of more than %d bytes", maxHeader)
		case !message && !h.continues(text) && !mailheader.IsField(text) && !(len(h.fields) == 0 && mailheader.IsMailbox(text)):
			// For most mail programs the body begins here. The header of a message
			// continues, as it does for the header firewall.
			c.in.unread(line)
			h.ended = true
			return true
		}
		h.add(text)
	}
	return !c.broken()
}

// writeHeader writes the header with its changes, and the empty line if a body follows.
func (c *converter) writeHeader() {
	h := &c.header
	label, kind, version := h.label, h.kind, h.message && (h.label != "" || h.kind != "")
	for _, f := range h.fields {
		switch name, _ := h.cut(f); {
		case strings.EqualFold(name, "Content-Transfer-Encoding") && h.label != "":
			c.writeNew("Content-Transfer-Encoding", &label)
		case strings.EqualFold(name, "Content-Type") && h.kind != "":
			c.writeNew("Content-Type", &kind)
		default:
			version = version && !strings.EqualFold(name, "MIME-Version")
			c.writeField(f)
		}
	}
	if version {
		c.write("MIME-Version: 1.0\r\n")
	}
	c.writeNew("Content-Type", &kind)
	c.writeNew("Content-Transfer-Encoding", &label)
	if h.ended {
		c.write("\r\n")
	}
}

// writeNew writes a field once.
func (c *converter) writeNew(name string, value *string) {
	if *value != "" {
		c.write(name + ": " + *value + "\r\n")
		*value = ""
	}
}

// writeField writes a field unchanged as far as c.to allows.
func (c *converter) writeField(f field) {
	raw := c.header.raw[f.start:f.end]
	if c.to == SevenBit && !isASCII(raw) {
		name, value := c.header.cut(f)
		raw = []byte(encodeField(name, value))
	}
	for line := range bytes.Lines(raw) {
		for text := bytes.TrimSuffix(line, []byte("\r\n")); len(text) > maxLine; {
			// After a break the line begins with a blank.
			n := bytes.LastIndexAny(text[1:maxLine], " \t") + 1
			if n == 0 || len(bytes.TrimSpace(text[:n])) == 0 {
				n = maxLine - 1
			}
			_, _ = c.Write(text[:n])
			c.write("\r\n")
			if text = text[n:]; text[0] != ' ' && text[0] != '\t' {
				text = append([]byte{' '}, text...)
			}
			line = append(bytes.Clone(text), "\r\n"...)
		}
		_, _ = c.Write(line)
	}
}

// relabel lowers the header's Content-Transfer-Encoding to the converted content.
func (c *converter) relabel() {
	if e := c.header.encoding(); e == eightBit && c.to < EightBit || e == binary {
		c.header.label = c.to.String()
	}
}
