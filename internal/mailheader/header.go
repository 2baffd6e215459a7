package mailheader

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"sync"
)

// ErrTooLarge says that the header is larger than allowed.
var ErrTooLarge = errors.New("mailheader: header too large")

// Field is one field of a header, or one line that is none.
type Field struct {
	// Name is what stands before the colon, without surrounding blanks and
	// controls, in the letters that were sent; empty in a line without a colon.
	Name string
	// Raw is the whole field with its folded lines and their ends. It must
	// not be changed, and belongs to the Header.
	Raw []byte
}

// Header is the header of one message and the way to its body. It is not safe
// for concurrent use.
type Header struct {
	reader  *bufio.Reader // body, if it is ours
	whole   []byte        // what Message gave out
	prefix  []byte        // fields put in front
	raw     []byte        // as read, without the empty line
	end     []byte        // the empty line; nothing if there was none
	fields  []span
	body    *bufio.Reader
	bareEOL bool // raw has a line that doesn't end in CRLF
	cut     bool // a field was filtered out
}

// span is one field in raw.
type span struct {
	start, end, colon int // colon <0: none
	dropped           bool
}

// Read reads the header of the message in r, at most max bytes of it (0: no
// limit) with the empty line. The error is ErrTooLarge or r's own, and io.EOF
// never is one: a message may consist of a header alone.
func Read(r io.Reader, max int64) (*Header, error) {
	h, _ := headers.Get().(*Header)
	if h == nil {
		h = &Header{raw: make([]byte, 0, 1024), fields: make([]span, 0, 16)}
	}
	h.begin(r)
	if err := h.read(max); err != nil {
		h.Release()
		return nil, err
	}
	return h, nil
}

// headers are those that were released. A relay reads two for each message,
// and most of what a small message takes is their memory.
var headers sync.Pool

// What a header may have whose memory is used again.
const (
	maxKept       = 16 << 10
	maxKeptFields = 256
)

// Release gives the memory of h back. Neither h nor what it returned may be
// used any more: Fields, Body and Message included. It needn't be called.
func (h *Header) Release() {
	if cap(h.raw) > maxKept || cap(h.whole) > 2*maxKept || cap(h.fields) > maxKeptFields {
		return
	}
	*h = Header{reader: h.reader, whole: h.whole[:0], prefix: h.prefix[:0], raw: h.raw[:0], fields: h.fields[:0]}
	if h.reader != nil {
		h.reader.Reset(nil) // keeps nothing of the message alive
	}
	headers.Put(h)
}

// begin makes r what h reads from.
func (h *Header) begin(r io.Reader) {
	if br, ok := r.(*bufio.Reader); ok {
		h.body = br
		return
	}
	if h.reader == nil {
		h.reader = bufio.NewReader(r)
	} else {
		h.reader.Reset(r)
	}
	h.body = h.reader
}

// read reads the header, as Read says.
func (h *Header) read(max int64) error {
	s := scanner{h: h}
	for {
		line, err := h.body.ReadSlice('\n')
		if max > 0 && int64(len(h.raw)+len(line)) > max {
			return ErrTooLarge
		}
		h.raw = append(h.raw, line...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		if s.scan() || err == io.EOF {
			return nil
		}
	}
}

// scanner cuts a growing raw into fields.
type scanner struct {
	h    *Header
	pos  int    // start of the first line that wasn't looked at
	last string // how the line before it ended; "" at the start
}

// scan looks at all lines in raw and reports whether the last was the end.
func (s *scanner) scan() (end bool) {
	for s.pos < len(s.h.raw) {
		n, eol := cutLine(s.h.raw[s.pos:])
		if n == len(eol) && s.ends(eol) {
			// Only the line just read can be this one: an LF ends a read.
			s.h.end = s.h.raw[s.pos:]
			s.h.raw = s.h.raw[:s.pos]
			return true
		}
		s.line(s.pos, s.pos+n)
		if eol != crlf {
			s.h.bareEOL = true
		}
		s.pos, s.last = s.pos+n, eol
	}
	return false
}

// ends reports whether an empty line that ends in eol is the end. A bare LF
// makes one only behind a field: to a reader that knows only CRLF, what is
// behind a line without a colon is still the same line, and may complete a name.
func (s *scanner) ends(eol string) bool {
	switch eol {
	case crlf:
		return s.last == crlf || s.last == ""
	case lf:
		n := len(s.h.fields)
		return s.last == lf && s.h.fields[n-1].colon >= 0
	}
	return false
}

// line adds the line in raw[start:end] to the field it continues, or begins one.
func (s *scanner) line(start, end int) {
	raw, fields := s.h.raw, s.h.fields
	if c := raw[start]; (c == ' ' || c == '\t') && len(fields) > 0 && fields[len(fields)-1].colon >= 0 {
		fields[len(fields)-1].end = end
		return
	}
	// A folded line that continues nothing is looked at as a field: a
	// reader that trims it would find one.
	f := span{start: start, end: end, colon: bytes.IndexByte(raw[start:end], ':')}
	if f.colon >= 0 {
		f.colon += start
		nameless := f.start+countBlank(raw[f.start:f.colon]) == f.colon
		for n := len(fields) - 1; n >= 0 && nameless && opens(raw, fields[n], f); n-- {
			// Each line is looked at once, lest thousands of blank ones take
			// seconds.
			nameless = fields[n].start+countBlank(raw[fields[n].start:f.start]) == f.start
			f.start, fields = fields[n].start, fields[:n]
		}
	}
	s.h.fields = append(fields, f)
}

// opens reports whether the line f, which has no colon, may be the beginning of
// the name in next: to a reader that knows only CRLF, or to one that
// joins folded lines before it looks for the colon.
func opens(raw []byte, f, next span) bool {
	folded := raw[next.start] == ' ' || raw[next.start] == '\t'
	return f.colon < 0 && (folded || !bytes.HasSuffix(raw[f.start:f.end], []byte(crlf)))
}

const (
	crlf = "\r\n"
	lf   = "\n"
	cr   = "\r"
)

// cutLine returns the length of b's first line with its end, and that end.
func cutLine(b []byte) (n int, eol string) {
	for i, c := range b {
		switch {
		case c == '\n':
			return i + 1, lf
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			return i + 2, crlf
		case c == '\r':
			return i + 1, cr
		}
	}
	return len(b), ""
}

// name returns the name of f, a part of raw.
func (h *Header) name(f span) []byte {
	start, end := f.bounds(h.raw)
	return h.raw[start:end]
}

// bounds returns where in raw the name of f is.
func (f span) bounds(raw []byte) (start, end int) {
	if f.colon < 0 {
		return 0, 0
	}
	start, end = f.start+countBlank(raw[f.start:f.colon]), f.colon
	for start < end && isBlank(raw[end-1]) {
		end--
	}
	return start, end
}

// countBlank returns how many bytes at the start of b no name could begin with.
func countBlank(b []byte) int {
	n := 0
	for n < len(b) && isBlank(b[n]) {
		n++
	}
	return n
}

// isBlank reports whether c is a blank, a control character, or a byte that
// only some charset makes a blank or nothing of (a no-break space, a byte order
// mark). None belongs into a name.
func isBlank(c byte) bool { return c <= ' ' || c >= 0x7f }

// Fields returns the fields in their order, those of Prepend and those
// filtered out not among them.
func (h *Header) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for _, f := range h.fields {
			if !f.dropped && !yield(Field{string(h.name(f)), h.raw[f.start:f.end:f.end]}) {
				return
			}
		}
	}
}

// Filter drops the fields whose name keep refuses, and returns how many.
// Lines without a colon have no name and stay, unless to some reader a refused
// name begins there.
func (h *Header) Filter(keep func(name string) bool) int {
	n := 0
	text := string(h.raw) // one copy, of which all names are parts
	for i, f := range h.fields {
		if start, end := f.bounds(h.raw); f.dropped || start == end {
			continue
		}
		first := h.refused(i, text, keep)
		if first < 0 {
			continue
		}
		for ; first <= i; first++ {
			h.fields[first].dropped, h.cut = true, true
		}
		n++
	}
	return n
}

// refused returns the first line in which a name of field i begins that keep
// refuses, -1 if there is none. Each of the lines in front of the field that
// may belong to its name is where it begins to some reader.
func (h *Header) refused(i int, text string, keep func(name string) bool) int {
	refused := -1
	start, end := h.fields[i].bounds(h.raw)
	if !keep(text[start:end]) {
		refused = i
	}
	for ; i > 0 && opens(h.raw, h.fields[i-1], h.fields[i]); i-- {
		line := h.raw[h.fields[i-1].start:h.fields[i-1].end]
		if blank := countBlank(line); blank < len(line) && !keep(text[h.fields[i-1].start+blank:end]) {
			refused = i - 1
		}
	}
	return refused
}

// Prepend puts a complete field, folded and ended by CRLF, in front of all others.
func (h *Header) Prepend(field []byte) {
	h.prefix = slices.Insert(h.prefix, 0, field...)
}

// Size returns the bytes of the header as it was read, with the empty line.
func (h *Header) Size() int64 { return int64(len(h.raw) + len(h.end)) }

// Bytes appends the header as it is now, with the empty line, to b.
func (h *Header) Bytes(b []byte) []byte {
	b = append(b, h.prefix...)
	if len(h.prefix) > 0 && h.beginsFolded() {
		b = append(b, crlf...)
	}
	if !h.cut {
		return append(append(b, h.raw...), h.end...)
	}
	for _, f := range h.fields {
		switch {
		case f.dropped:
		case h.bareEOL:
			b = appendCRLF(b, h.raw[f.start:f.end])
		default:
			b = append(b, h.raw[f.start:f.end]...)
		}
	}
	if h.bareEOL && len(h.end) > 0 {
		return append(b, crlf...)
	}
	return append(b, h.end...)
}

// beginsFolded reports whether what is left begins with a line that would
// continue a field put in front of it. Such a line is no header, and behind an
// empty line, as part of the body, it can't be taken for one.
func (h *Header) beginsFolded() bool {
	for _, f := range h.fields {
		if !f.dropped {
			return h.raw[f.start] == ' ' || h.raw[f.start] == '\t'
		}
	}
	return false
}

// appendCRLF appends the lines of raw, each ended by CRLF.
func appendCRLF(b, raw []byte) []byte {
	for len(raw) > 0 {
		n, eol := cutLine(raw)
		b = append(append(b, raw[:n-len(eol)]...), crlf...)
		raw = raw[n:]
	}
	return b
}

// WriteTo writes the header as it is now, with the empty line.
func (h *Header) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(h.Bytes(make([]byte, 0, len(h.prefix)+len(h.raw)+len(h.end))))
	return int64(n), err
}

// Body returns what follows the header. Its bytes are not copied.
func (h *Header) Body() *bufio.Reader { return h.body }

// Message returns the header as it is now and the body behind it, as one
// stream. It is an io.WriterTo.
func (h *Header) Message() io.Reader {
	h.whole = h.Bytes(h.whole[:0])
	return &message{head: h.whole, body: h.body}
}

// message reads a header and a body.
type message struct {
	head []byte
	body *bufio.Reader
}

// Read fills p across the border of header and body where it can, so that
// small messages are read at once.
func (m *message) Read(p []byte) (int, error) {
	n := copy(p, m.head)
	m.head = m.head[n:]
	if n == len(p) || n > 0 && m.body.Buffered() == 0 {
		return n, nil
	}
	k, err := m.body.Read(p[n:])
	if n > 0 {
		err = nil // a bufio.Reader gives buffered bytes without an error
	}
	return n + k, err
}

// WriteTo writes the rest of the message.
func (m *message) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.head)
	m.head = m.head[n:]
	if err != nil {
		return int64(n), err
	}
	k, err := m.body.WriteTo(w)
	return int64(n) + k, err
}
