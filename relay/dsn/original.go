package dsn

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// maxHeader is how many bytes of an original's header are returned.
const maxHeader = 128 << 10

// original is the message that is reported on, without the header fields of all classes
// of the header firewall, as in the reports of Exchange.
type original struct {
	header *mailheader.Header
	cut    bool // the header was cut, so that there is no body
}

// open reads the header of the message in r.
func open(r io.Reader) (*original, error) {
	start, err := io.ReadAll(io.LimitReader(r, maxHeader))
	if err != nil {
		return nil, err
	}
	o := new(original)
	o.header, err = mailheader.Read(io.MultiReader(bytes.NewReader(start), r), maxHeader)
	if errors.Is(err, mailheader.ErrTooLarge) {
		if end := bytes.LastIndexByte(start, '\n'); end >= 0 {
			start = start[:end+1]
		}
		o.cut = true
		o.header, err = mailheader.Read(bytes.NewReader(start), maxHeader)
	}
	if err != nil {
		return nil, err
	}
	o.header.Filter(connector.HeaderFilter{}.Keep)
	return o, nil
}

// original returns the third part of the report: the message or its header.
func (w *writer) original(from *original) (io.Reader, error) {
	var b strings.Builder
	o := &w.Original
	if w.full() && !from.cut {
		kind := "message/rfc822"
		if o.UTF8 {
			kind = "message/global"
		}
		w.part(&b, "Undelivered message", kind, encoding(o.UTF8 || o.Body == envelope.EightBitMIME))
		return io.MultiReader(strings.NewReader(b.String()), &lines{source: bufio.NewReader(from.header.Message())}), nil
	}
	text, err := w.header(from)
	return strings.NewReader(text), err
}

// header returns the third part with the header of the message.
func (w *writer) header(from *original) (string, error) {
	var b strings.Builder
	header, err := io.ReadAll(&lines{source: bufio.NewReader(bytes.NewReader(from.header.Bytes(nil))), headerOnly: true})
	if err != nil {
		return "", err
	}
	kind := "text/rfc822-headers"
	if w.Original.UTF8 {
		kind = "message/global-headers"
	}
	switch {
	case w.UTF8:
		w.part(&b, "Header of the message", kind, "8bit")
		b.Write(bytes.ToValidUTF8(header, []byte("?")))
	case isPlain(header):
		w.part(&b, "Header of the message", kind, "7bit")
		b.Write(header)
	default:
		w.part(&b, "Header of the message", kind, "quoted-printable")
		q := quotedprintable.NewWriter(&b)
		if _, err := q.Write(header); err != nil {
			return "", err
		}
		if err := q.Close(); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// isPlain reports whether b is 7bit data (RFC 2045, section 2.7) without control
// characters, which some hosts refuse.
func isPlain(b []byte) bool {
	return bytes.IndexFunc(b, func(c rune) bool { return c > '~' || c < ' ' && c != '\r' && c != '\n' && c != '\t' }) < 0
}

// maxLine is the longest line of a message, without its end (RFC 5322, section
// 2.1.1).
const maxLine = 998

// lines reads an original in lines that end in CRLF and are no longer than maxLine.
// After a break, a line continues with a space, so that a header field remains one.
type lines struct {
	source     *bufio.Reader
	headerOnly bool // end at the empty line

	buf    [4 << 10]byte
	out    []byte // of buf: not yet returned
	column int    // in the present line
	cr     bool   // the last byte was a CR, which is not written yet
	err    error
}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.fill()
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// fill converts some of the source.
func (l *lines) fill() {
	out := l.buf[:0]
	for len(out) < len(l.buf)-8 && l.err == nil {
		c, err := l.source.ReadByte()
		if err != nil {
			if l.cr {
				out = l.end(out)
			}
			if l.err == nil {
				l.err = err
			}
			break
		}
		switch {
		case c == '\n': // after a CR or bare
			out = l.end(out)
			continue
		case l.cr: // bare
			if out = l.end(out); l.err != nil {
				continue
			}
		}
		if l.cr = c == '\r'; l.cr {
			continue
		}
		if l.column >= maxLine || l.column >= maxLine-3 && c&0xC0 != 0x80 { // not within a character of UTF-8
			out = append(out, "\r\n "...)
			l.column = 1
		}
		out = append(out, c)
		l.column++
	}
	l.out = out
}

// end ends a line.
func (l *lines) end(out []byte) []byte {
	l.cr = false
	if l.headerOnly && l.column == 0 {
		l.err = io.EOF
		return out
	}
	l.column = 0
	return append(out, "\r\n"...)
}
