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

// ErrTooLarge is the error of a header that is larger than allowed.
var ErrTooLarge = errors.New("the header is larger than allowed")

// Field is one field of a header, or one line without a colon.
type Field struct {
	// Name is the text before the colon, without surrounding blanks and control
	// characters, in the case that was sent; empty in a line without a colon.
	Name string
	// Raw is the whole field with its folded lines and their ends. It belongs to
	// the Header and must not be changed.
	Raw []byte
}

// Header is the header of one message and the way to its body. It is not safe
// for concurrent use.
type Header struct {
	reader  *bufio.Reader // the body, if this package made the reader
	whole   []byte        // returned by Message
	prefix  []byte        // fields added by Prepend
	raw     []byte        // as read, without the empty line
	end     []byte        // the empty line; empty if the header has none
	fields  []span
	body    *bufio.Reader
	author  bool    // prefix has the From field
	bareEOL bool    // raw has a line that doesn't end in CRLF
	cut     bool    // a field was filtered out
	message message // returned by Message
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

// headers holds released Headers for reuse. A relay reads two for each message, and they
// are most of the memory of a small message.
var headers sync.Pool

// The largest buffers that are reused.
const (
	maxKept       = 16 << 10
	maxKeptFields = 256
)

// Release makes the memory of h available for other headers. Neither h nor anything that
// its methods returned may be used afterwards. Calling it is optional.
func (h *Header) Release() {
	if cap(h.raw) > maxKept || cap(h.whole) > 2*maxKept || cap(h.fields) > maxKeptFields {
		return
	}
	*h = Header{reader: h.reader, whole: h.whole[:0], prefix: h.prefix[:0], raw: h.raw[:0], fields: h.fields[:0]}
	if h.reader != nil {
		h.reader.Reset(nil) // so that the pool keeps no message alive
	}
	headers.Put(h)
}

// begin sets the reader of h.
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

// read reads the header as described at Read.
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
	pos  int    // start of the first line that wasn't scanned
	last string // the end of the line before it; "" at the start
}

// scan scans all lines in raw and reports whether the last line ends the header.
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

// ends reports whether an empty line that ends in eol ends the header. A bare LF does so
// only after a field: to a program that knows only CRLF, the text after a line without a
// colon is still the same line, and may complete a name.
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

// line adds the line raw[start:end] to the field that it continues, or begins a field.
func (s *scanner) line(start, end int) {
	raw, fields := s.h.raw, s.h.fields
	if c := raw[start]; (c == ' ' || c == '\t') && len(fields) > 0 && fields[len(fields)-1].colon >= 0 {
		fields[len(fields)-1].end = end
		return
	}
	// A folded line at the beginning is scanned as a field: a program that trims it
	// would find one.
	f := span{start: start, end: end, colon: bytes.IndexByte(raw[start:end], ':')}
	if f.colon >= 0 {
		f.colon += start
		nameless := f.start+countBlank(raw[f.start:f.colon]) == f.colon
		for n := len(fields) - 1; n >= 0 && nameless && opens(raw, fields[n], f); n-- {
			// Each line is scanned once, because thousands of blank lines would take
			// seconds otherwise.
			nameless = fields[n].start+countBlank(raw[fields[n].start:f.start]) == f.start
			f.start, fields = fields[n].start, fields[:n]
		}
	}
	s.h.fields = append(fields, f)
}

// opens reports whether the line f, which has no colon, may be the beginning of the name in
// next: to a program that knows only CRLF, or to one that joins folded lines before it
// looks for the colon.
func opens(raw []byte, f, next span) bool {
	folded := raw[next.start] == ' ' || raw[next.start] == '\t'
	return f.colon < 0 && (folded || !bytes.HasSuffix(raw[f.start:f.end], []byte(crlf)))
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

// Fields returns the fields in their order, without those of Prepend and those removed by
// Filter.
func (h *Header) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for _, f := range h.fields {
			if !f.dropped && !yield(Field{string(h.name(f)), h.raw[f.start:f.end:f.end]}) {
				return
			}
		}
	}
}

// Filter removes the fields whose name keep refuses, and returns how many. Lines without
// a colon have no name and stay, unless some program would find the beginning of a refused
// name in them.
func (h *Header) Filter(keep func(name string) bool) int {
	n := 0
	text := string(h.raw) // one copy; all names are parts of it
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

// Drop removes the fields that match, and returns how many.
func (h *Header) Drop(match func(Field) bool) int {
	n := 0
	for i, f := range h.fields {
		if !f.dropped && match(Field{string(h.name(f)), h.raw[f.start:f.end:f.end]}) {
			h.fields[i].dropped, h.cut = true, true
			n++
		}
	}
	return n
}

// refused returns the first line in which a name of field i begins that keep refuses, -1
// for no such line. Each line before the field that may belong to its name is the
// beginning of the name for some program.
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

// Prepend adds a complete field, folded and ended by CRLF, before all others.
func (h *Header) Prepend(field []byte) {
	h.prefix = slices.Insert(h.prefix, 0, field...)
}

// Size returns the length of the header as it was read, with the empty line, in bytes.
func (h *Header) Size() int64 { return int64(len(h.raw) + len(h.end)) }

// Bytes appends the present header, with the empty line, to b.
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
			for line := range lines(h.raw[f.start:f.end]) {
				b = append(append(b, line...), crlf...)
			}
		default:
			b = append(b, h.raw[f.start:f.end]...)
		}
	}
	if h.bareEOL && len(h.end) > 0 {
		return append(b, crlf...)
	}
	return append(b, h.end...)
}

// beginsFolded reports whether the remaining header begins with a line that would continue
// a field added before it. Such a line isn't a field; after an empty line, as part of the
// body, it can't be taken for one.
func (h *Header) beginsFolded() bool {
	i := slices.IndexFunc(h.fields, func(f span) bool { return !f.dropped })
	return i >= 0 && IsFolded(h.raw[h.fields[i].start:])
}

// WriteTo writes the present header, with the empty line.
func (h *Header) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(h.Bytes(make([]byte, 0, len(h.prefix)+len(h.raw)+len(h.end))))
	return int64(n), err
}

// Body returns the body, without copying it.
func (h *Header) Body() *bufio.Reader { return h.body }

// Message returns the present header and the body as one stream. It is an io.WriterTo.
func (h *Header) Message() io.Reader {
	h.whole = h.Bytes(h.whole[:0])
	h.message = message{head: h.whole, body: h.body}
	return &h.message
}

// message reads a header and a body.
type message struct {
	head []byte
	body *bufio.Reader
}

// Read fills p with header and body together if possible, so that small messages are read
// at once.
func (m *message) Read(p []byte) (int, error) {
	n := copy(p, m.head)
	m.head = m.head[n:]
	if n == len(p) || n > 0 && m.body.Buffered() == 0 {
		return n, nil
	}
	k, err := m.body.Read(p[n:])
	if n > 0 {
		err = nil // a bufio.Reader returns buffered bytes without an error
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
