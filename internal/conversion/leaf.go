package conversion

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"unicode/utf8"
)

// lookAhead is how many bytes of a part are inspected before its header is written.
const lookAhead = 32 << 10

// leaf converts a part without parts.
func (c *converter) leaf(t mediaType) {
	switch h := &c.header; h.encoding() {
	case base64Encoding, quotedPrintable:
		c.writeHeader()
		s := scrubber{w: c, kind: h.encoding()}
		c.pieces(s.write)
	case private:
		name, _ := h.value("Content-Transfer-Encoding")
		c.keep(t.full, "has an unknown encoding ("+printable(name)+")")
	default:
		c.plain(t)
	}
}

// plain converts a part whose content isn't encoded.
func (c *converter) plain(t mediaType) {
	look, ended := inspector{}, false
	c.window = c.window[:0]
	for !ended && len(c.window) < lookAhead {
		p, ok := c.in.next()
		look.add(p)
		c.window = append(c.window, p...)
		ended = !ok
	}
	if ended {
		look.end()
	}
	if c.broken() {
		return
	}
	if ended && look.content <= c.to && !look.long {
		c.relabel()
		c.writeHeader()
		_, _ = c.Write(c.window)
		return
	}
	h := &c.header
	if look.content > SevenBit && !t.given || t.main == "multipart" {
		h.kind = "text/plain; charset=" + charsetOf(c.window, ended)
	}
	if t.isText() && look.content != Binary {
		h.label = "quoted-printable"
		c.writeHeader()
		c.quote()
		return
	}
	h.label = "base64"
	c.writeHeader()
	c.encode()
}

// charsetOf returns the name of the charset of text, by its bytes. whole means that text
// doesn't end in the middle of a character.
func charsetOf(text []byte, whole bool) string {
	for cut := 0; !whole && cut < utf8.UTFMax && cut < len(text); cut++ {
		if end := text[len(text)-cut-1:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRune(end) {
				text = text[:len(text)-len(end)]
			}
			break
		}
	}
	if utf8.Valid(text) {
		return "utf-8"
	}
	return "unknown-8bit"
}

// encode writes the window and the rest of the part in base64.
func (c *converter) encode() {
	e := base64.NewEncoder(base64.StdEncoding, &folder{c: c})
	_, _ = e.Write(c.window)
	some := len(c.window) > 0
	c.pieces(func(p []byte) { _, _ = e.Write(p) })
	_ = e.Close()
	if some && c.in.level < 0 {
		c.write("\r\n")
	}
}

// folder breaks base64 into lines.
type folder struct {
	c   *converter
	col int
}

func (f *folder) Write(p []byte) (int, error) {
	const width = 76
	for rest := p; len(rest) > 0; {
		if f.col == width {
			f.c.write("\r\n")
			f.col = 0
		}
		n := min(len(rest), width-f.col)
		_, _ = f.c.Write(rest[:n])
		rest, f.col = rest[n:], f.col+n
	}
	return len(p), f.c.err
}

// quote writes the window and the rest of the part in quoted-printable.
func (c *converter) quote() {
	q := quotedprintable.NewWriter(&dasher{c: c, begin: len(c.in.bounds) > 0})
	ends := true // the last bytes were CRLF
	write := func(p []byte) {
		quoteText(q, p)
		ends = bytes.HasSuffix(p, []byte("\r\n"))
	}
	write(c.window)
	c.pieces(write)
	_ = q.Close()
	if !ends && c.in.level < 0 {
		c.write("=\r\n") // the line end that a message must have isn't part of its content
	}
}

// dasher writes quoted-printable without a dash at the beginning of a line, so that a
// broken line doesn't become a delimiter.
type dasher struct {
	c     *converter
	begin bool // at the beginning of a line
}

func (d *dasher) Write(p []byte) (int, error) {
	inside := len(d.c.in.bounds) > 0
	for rest := p; len(rest) > 0; {
		if d.begin && rest[0] == '-' {
			d.c.write("=2D")
			rest, d.begin = rest[1:], false
			continue
		}
		n := bytes.IndexByte(rest, '\n') + 1
		d.begin = n > 0 && inside
		if n == 0 {
			n = len(rest)
		}
		_, _ = d.c.Write(rest[:n])
		rest = rest[n:]
	}
	return len(p), d.c.err
}

// quoteText writes text in which CRLF ends lines and bare CR and LF are ordinary bytes.
func quoteText(q *quotedprintable.Writer, text []byte) {
	for len(text) > 0 {
		n := bytes.IndexAny(text, "\r\n")
		bare := n >= 0 && !bytes.HasPrefix(text[n:], []byte("\r\n"))
		switch {
		case n < 0:
			n = len(text)
		case !bare:
			n += len("\r\n")
		}
		_, _ = q.Write(text[:n])
		if bare {
			q.Binary = true
			_, _ = q.Write(text[n : n+1])
			q.Binary = false
			n++
		}
		text = text[n:]
	}
}

// keep copies a part that can't be changed, and fails if it doesn't fit.
func (c *converter) keep(kind, why string) {
	c.writeHeader()
	look := inspector{}
	c.pieces(func(p []byte) {
		if look.add(p); look.content > c.to {
			c.fail(kind, "%s and has %v content", why, look.content)
			return
		}
		_, _ = c.Write(p)
	})
	if look.end(); look.content > c.to {
		c.fail(kind, "%s and has %v content", why, look.content)
	}
}
