package conversion

import (
	"bufio"
	"io"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// maxDepth bounds how deep parts may be nested.
const maxDepth = 100

// Convert copies the message in r to w, converted to SevenBit or EightBit. The lines that
// it writes end in CRLF. The error is an error of r or w, or an *Error.
func Convert(w io.Writer, r io.Reader, to Content) error {
	c := &converter{to: min(to, EightBit), out: bufio.NewWriterSize(w, 8<<10)}
	c.in = lines{r: bufio.NewReaderSize(r, 4<<10), begin: true, level: -1}
	c.entity(true, "")
	if c.in.err != nil {
		return c.in.err
	}
	if c.err != nil {
		return c.err
	}
	return c.out.Flush()
}

// entity converts a header and its body, up to the delimiter of a surrounding multipart.
// message means that it is a message, not a part. usual is the type of an entity without
// Content-Type; "": text.
func (c *converter) entity(message bool, usual string) {
	h := &c.header
	if !c.readHeader(message) {
		return
	}
	t := h.mediaType(usual)
	switch {
	case !h.ended: // there is no body
		c.writeHeader()
	case t.mustStay():
		c.keep(t.full, "is signed, encrypted or a fragment, must not be changed,")
	case t.main == "multipart" && t.boundary != "":
		c.multipart(t)
	case t.full == "message/rfc822" && h.encoding().isIdentity():
		c.relabel()
		c.writeHeader()
		c.entity(true, "")
	default:
		c.leaf(t)
	}
}

// multipart converts the parts of a multipart and the text around them.
func (c *converter) multipart(t mediaType) {
	if len(c.path) >= maxDepth {
		c.fail(t.full, "is nested more than %d deep", maxDepth)
		return
	}
	if !ascii.IsPrintable(t.boundary) {
		c.fail(t.full, "has a boundary that is not ASCII")
		return
	}
	c.relabel()
	c.writeHeader()
	usual := ""
	if t.full == "multipart/digest" {
		usual = "message/rfc822"
	}
	level, delimiter := len(c.in.bounds), "--"+t.boundary
	c.in.bounds = append(c.in.bounds, delimiter)
	c.filler()
	for n := 1; !c.broken() && c.in.level == level; n++ {
		if c.in.held {
			c.write("\r\n")
		}
		c.write(delimiter)
		if c.in.closing {
			c.write("--\r\n")
			c.in.bounds = c.in.bounds[:level]
			c.in.resume()
			c.filler()
			return
		}
		c.write("\r\n")
		c.in.resume()
		c.path = append(c.path, n)
		c.entity(false, usual)
		c.path = c.path[:len(c.path)-1]
	}
	c.in.bounds = c.in.bounds[:level]
}

// filler writes the text around the parts of a multipart.
func (c *converter) filler() {
	s := scrubber{w: c}
	c.pieces(s.write)
}
