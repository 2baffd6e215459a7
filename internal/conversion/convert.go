package conversion

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Content is what the octets of a message are, from what every hop takes to what
// few do.
type Content uint8

// The kinds of content (RFC 2045, section 2).
const (
	SevenBit Content = iota // lines of ASCII that end in CRLF, up to 998 octets long
	EightBit                // lines with octets above 127
	Binary                  // anything
)

// String returns the kind as a Content-Transfer-Encoding.
func (c Content) String() string { return [...]string{"7bit", "8bit", "binary"}[min(c, Binary)] }

// Fits reports whether a whole message is at most what to says, in lines that aren't
// too long.
func Fits(msg []byte, to Content) bool {
	var look inspector
	look.add(msg)
	look.end()
	return look.content <= to && !look.long
}

// Error says that a message can't be converted.
type Error struct {
	Part string // which part: "part 2.1 (multipart/signed)"
	Why  string // what is in the way
}

// Error implements error.
func (e *Error) Error() string { return e.Part + " " + e.Why }

// Bounds.
const (
	maxDepth    = 100      // of parts within parts
	maxBoundary = 900      // octets of a boundary that fit a line
	maxHeader   = 1 << 20  // octets of the header of one part
	lookAhead   = 32 << 10 // octets of a part that are looked at before its header is written
	maxLine     = 998      // octets of a line without its end (RFC 5322, section 2.1.1)
)

// Convert copies the message in r to w so that it is at most what to says: SevenBit
// or EightBit. What it writes has lines that end in CRLF. The error is r's or w's, or
// an *Error.
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

// converter is one conversion under way.
type converter struct {
	to   Content
	in   lines
	out  *bufio.Writer
	path []int // the numbers of the parts around, and that of this
	err  error // the first failure that isn't the reader's

	header header
	window []byte
}

// broken reports whether there is no point in going on.
func (c *converter) broken() bool { return c.err != nil || c.in.err != nil }

// Write implements io.Writer. Its failures end the conversion.
func (c *converter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.out.Write(p)
	c.err = err
	return n, err
}

// write is Write for text.
func (c *converter) write(s string) {
	if c.err == nil {
		_, c.err = c.out.WriteString(s)
	}
}

// fail ends the conversion because of the part under way.
func (c *converter) fail(kind, why string, args ...any) {
	if c.broken() {
		return
	}
	part := "the message"
	if len(c.path) > 0 {
		numbers := make([]string, len(c.path))
		for i, n := range c.path {
			numbers[i] = strconv.Itoa(n)
		}
		part = "part " + strings.Join(numbers[:min(len(numbers), 10)], ".")
	}
	if kind != "" {
		part += " (" + printable(kind) + ")"
	}
	c.err = &Error{Part: part, Why: fmt.Sprintf(why, args...)}
}

// entity converts a header and what follows it, up to the delimiter of a multipart
// around it. message says that it is a message and not a part; without a type of its
// own it has the type usual, or is text.
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

// relabel lowers the header's Content-Transfer-Encoding to what is kept.
func (c *converter) relabel() {
	if e := c.header.encoding(); e == eightBit && c.to < EightBit || e == binary {
		c.header.label = c.to.String()
	}
}

// multipart converts the parts of a multipart and what is around them.
func (c *converter) multipart(t mediaType) {
	if len(c.path) >= maxDepth {
		c.fail(t.full, "is nested more than %d deep", maxDepth)
		return
	}
	if !isPrintable(t.boundary) {
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

// filler writes what stands around the parts of a multipart.
func (c *converter) filler() {
	s := scrubber{w: c}
	c.pieces(s.write)
}

// keep copies a part whose content can't be changed, and fails if it isn't fit.
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

// pieces calls f with all content up to the next delimiter.
func (c *converter) pieces(f func([]byte)) {
	for !c.broken() {
		p, ok := c.in.next()
		if !ok {
			return
		}
		f(p)
	}
}

// isPrintable reports whether s is printable ASCII.
func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}
