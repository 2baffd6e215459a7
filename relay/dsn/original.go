package dsn

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/interchange-smtp/interchange/relay"
)

// maxHeader is how much of an original's header is returned.
const maxHeader = 128 << 10

// original returns the third part: the message or its header.
func (w *writer) original(source *bufio.Reader) (io.Reader, error) {
	var b strings.Builder
	o := &w.Original
	if w.full() {
		kind := "message/rfc822"
		if o.UTF8 {
			kind = "message/global"
		}
		w.part(&b, "Undelivered message", kind, encoding(o.UTF8 || o.Body == relay.EightBitMIME))
		return io.MultiReader(strings.NewReader(b.String()), &lines{source: source}), nil
	}
	header, err := readHeader(source)
	if err != nil {
		return nil, err
	}
	kind := "text/rfc822-headers"
	if o.UTF8 {
		kind = "message/global-headers"
	}
	switch {
	case w.UTF8:
		w.part(&b, "Header of the message", kind, "8bit")
		return io.MultiReader(strings.NewReader(b.String()), bytes.NewReader(bytes.ToValidUTF8(header, []byte("?")))), nil
	case isPlain(header):
		w.part(&b, "Header of the message", kind, "7bit")
		return io.MultiReader(strings.NewReader(b.String()), bytes.NewReader(header)), nil
	}
	w.part(&b, "Header of the message", kind, "quoted-printable")
	q := quotedprintable.NewWriter(&b)
	_, err = q.Write(header)
	return strings.NewReader(b.String()), errors.Join(err, q.Close())
}

// isPlain reports whether b is 7bit data as RFC 2045, section 2.7, has it, and
// without controls that some host might take offence at.
func isPlain(b []byte) bool {
	return bytes.IndexFunc(b, func(c rune) bool { return c > '~' || c < ' ' && c != '\r' && c != '\n' && c != '\t' }) < 0
}

// readHeader returns the header of the original, as far as it is returned, in
// lines that a report may have.
func readHeader(source *bufio.Reader) ([]byte, error) {
	l := &lines{source: source, headerOnly: true}
	header, err := io.ReadAll(io.LimitReader(l, maxHeader+1))
	if len(header) > maxHeader {
		header = header[:bytes.LastIndexByte(header[:maxHeader], '\n')+1]
	}
	return header, err
}

// maxLine is the longest line of a message, without its end (RFC 5322, section
// 2.1.1).
const maxLine = 998

// lines reads an original as a report may hold it: every line ends in CRLF and
// none is longer than maxLine. Where one is broken, its rest begins with a space,
// so that it remains one field in a header.
type lines struct {
	source     *bufio.Reader
	headerOnly bool // end at the empty line

	buf    [4 << 10]byte
	out    []byte // of buf, yet to be read
	column int    // of the line that is being written
	cr     bool   // the last octet was a CR, of which nothing is written yet
	err    error
}

// Read implements io.Reader.
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

// maxAncestors is how many of the original's References a report repeats.
const maxAncestors = 10

// identifiers returns the Message-ID of a message and the last of its
// References, from its beginning. What isn't well-formed is left out.
func identifiers(message []byte) (id string, references []string) {
	var ids, refs, current *strings.Builder
	for line := range bytes.Lines(message) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if current != nil {
				current.Write(line)
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		current = nil
		switch name := strings.TrimRight(string(name), " \t"); {
		case strings.EqualFold(name, "Message-ID") && ids == nil:
			ids = new(strings.Builder)
			current = ids
		case strings.EqualFold(name, "References") && refs == nil:
			refs = new(strings.Builder)
			current = refs
		default:
			continue
		}
		current.Write(value)
	}
	if ids != nil {
		id = strings.TrimSpace(ids.String())
	}
	if !isMessageID(id) {
		return "", nil
	}
	if refs != nil {
		for _, ref := range strings.Fields(refs.String()) {
			if isMessageID(ref) {
				references = append(references, ref)
			}
		}
	}
	return id, references[max(0, len(references)-maxAncestors):]
}

// isMessageID reports whether s is a msg-id, loosely: what is in use goes beyond
// RFC 5322, section 3.6.4, and nothing in it can do harm.
func isMessageID(s string) bool {
	if len(s) < 5 || len(s) > 250 || s[0] != '<' || s[len(s)-1] != '>' {
		return false
	}
	inner := s[1 : len(s)-1]
	return strings.Count(inner, "@") == 1 && inner[0] != '@' && inner[len(inner)-1] != '@' &&
		strings.IndexFunc(inner, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`<>()",;:\`, c) }) < 0
}
