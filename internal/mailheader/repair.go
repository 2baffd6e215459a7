package mailheader

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// Has reports whether a field of that name has a value other than blanks.
func (h *Header) Has(name string) bool {
	for value := range h.values(name, false) {
		if len(bytes.TrimSpace(value)) > 0 {
			return true
		}
	}
	return false
}

// Value returns the value of the first field of that name on one line, without blanks around it; "" if there is
// no such field.
func (h *Header) Value(name string) string {
	for value := range h.values(name, false) {
		return unfold.Replace(string(bytes.TrimSpace(value)))
	}
	return ""
}

// unfold removes the line ends of a folded field; the blanks after them stay.
var unfold = strings.NewReplacer("\r", "", "\n", "")

// values yields the value of each field of that name, with dropped also of those that Filter has removed.
func (h *Header) values(name string, dropped bool) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, f := range h.fields {
			if (dropped || !f.dropped) && bytes.EqualFold(h.name(f), []byte(name)) && !yield(h.raw[f.colon+1:f.end]) {
				return
			}
		}
	}
}

// Repair corrects a header that the client wrote wrong, if it has only one meaning. It
// reads at most max bytes (0: no limit).
//
//   - Lines before the first field that aren't fields are removed: the "From " line of a
//     mailbox file, an empty line, a From line without its colon. So is such a From line
//     between fields, and a byte order mark or blanks before the first field.
//   - Text that follows the fields without an empty line gets one, and text without any
//     header gets an empty header.
//
// A header with line ends other than CRLF isn't changed. Call Repair before Filter and
// Prepend, so that these see the header that will be sent. The error is as in Read.
func (h *Header) Repair(max int64) error {
	if len(h.end) > 0 {
		if err := h.skipPreamble(max); err != nil {
			return err
		}
	}
	l := h.layout()
	if !l.odd && h.trimFirst() {
		l = h.layout()
	}
	switch {
	case l.odd:
	case l.commons == 0:
		if l.junk > 0 || len(h.end) == 0 {
			h.splitAt(0)
		}
	default:
		h.splitAt(l.text)
		if l.first > 0 && (l.commons > 1 || l.mailbox) {
			h.raw = h.raw[l.first:]
			h.scanAgain()
		}
		h.dropMailboxLines()
	}
	return nil
}

// layout describes the lines of a header.
type layout struct {
	first   int  // position of the first field
	text    int  // position of text that follows without an empty line; the length of the header if there is no such text
	commons int  // how many fields are common
	junk    int  // how many lines aren't part of a field
	mailbox bool // all lines before the first field begin with "From "
	odd     bool // a line ends in a bare CR or LF
}

// layout scans the lines of raw.
func (h *Header) layout() layout {
	l := layout{first: -1, text: len(h.raw), mailbox: true}
	for pos, n := 0, 0; pos < len(h.raw); pos += n {
		var eol string
		n, eol = cutLine(h.raw[pos:])
		line := h.raw[pos : pos+n]
		l.odd = l.odd || eol == lf || eol == cr
		switch {
		case IsField(line):
			if l.first < 0 {
				l.first = pos
			}
			if isCommon(line) {
				// The header continues after a line that isn't a field. Mail
				// programs differ on such lines, so the line stays.
				l.commons, l.text = l.commons+1, len(h.raw)
			}
		case l.first >= 0 && IsFolded(line):
		default:
			l.junk++
			if l.first < 0 {
				l.mailbox = l.mailbox && IsMailbox(line)
			} else if l.text == len(h.raw) {
				l.text = pos
			}
		}
	}
	return l
}

// skipPreamble reads the header that follows empty lines and lines of a mailbox file.
func (h *Header) skipPreamble(max int64) error {
	if preamble(h.raw) < len(h.raw) {
		return nil
	}
	// An error or the end of the message is returned by later reads.
	ahead, _ := h.body.Peek(h.body.Size())
	skipped := preamble(ahead)
	n, _ := cutLine(ahead[skipped:])
	if !isCommon(ahead[skipped : skipped+n]) {
		return nil
	}
	if _, err := h.body.Discard(skipped); err != nil {
		return err
	}
	h.raw, h.end, h.fields = h.raw[:0], nil, h.fields[:0]
	return h.read(max)
}

// preamble returns the length of the empty lines and the lines of a mailbox file at the
// beginning of b.
func preamble(b []byte) int {
	for pos := 0; ; {
		n, eol := cutLine(b[pos:])
		if eol != crlf || n > len(crlf) && !IsMailbox(b[pos:pos+n]) {
			return pos
		}
		pos += n
	}
}

// IsMailbox reports whether line can be the first line of a message in a mailbox file: it
// begins with "From " and isn't a field.
func IsMailbox(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) && !IsField(line)
}

// trimFirst removes blanks and a byte order mark before the field at the beginning of a
// header, and reports whether there were any.
func (h *Header) trimFirst() bool {
	first := bytes.TrimLeft(bytes.TrimPrefix(h.raw, []byte("\uFEFF")), " \t")
	n, _ := cutLine(first)
	if len(first) == len(h.raw) || !isCommon(first[:n]) {
		return false
	}
	h.raw = first
	h.scanAgain()
	return true
}

// dropMailboxLines removes From lines without a colon between the fields. A folded line
// stays, because the next line would join the field before it.
func (h *Header) dropMailboxLines() {
	kept := h.raw[:0]
	for rest := h.raw; len(rest) > 0; {
		n, _ := cutLine(rest)
		line := rest[:n]
		rest = rest[n:]
		if !IsMailbox(line) || len(rest) > 0 && IsFolded(rest) {
			kept = append(kept, line...)
		}
	}
	if len(kept) < len(h.raw) {
		h.raw = kept
		h.scanAgain()
	}
}

// splitAt makes raw[pos:] the beginning of the body.
func (h *Header) splitAt(pos int) {
	if pos == len(h.raw) {
		return
	}
	h.end = slices.Concat([]byte(crlf), h.raw[pos:], h.end)
	h.raw = h.raw[:pos]
	h.scanAgain()
}

// scanAgain finds the fields in raw when raw has changed.
func (h *Header) scanAgain() {
	h.fields, h.bareEOL = h.fields[:0], false
	end := h.end
	s := scanner{h: h}
	s.scan()
	h.end = end
}

// IsField reports whether line begins a field: a name of visible ASCII and a colon, with
// only blanks between them (RFC 5322, sections 2.2 and 4.5).
func IsField(line []byte) bool { return fieldName(line) != nil }

// fieldName returns the name of the field that line begins; nil if it begins no field.
func fieldName(line []byte) []byte {
	name, _, ok := bytes.Cut(line, []byte{':'})
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 || bytes.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil
	}
	return name
}

// common are the fields that distinguish a header from text.
var common = []string{
	"From", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "Sender", "Reply-To", "Received", "Return-Path",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "X-Mailer",
}

// isCommon reports whether line begins one of the common fields.
func isCommon(line []byte) bool {
	name := fieldName(line)
	return slices.ContainsFunc(common, func(c string) bool { return bytes.EqualFold(name, []byte(c)) })
}
