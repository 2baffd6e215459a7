package message

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/routing"
)

// Field is one field of a header, or one line without a colon.
type Field struct {
	// Name is the text before the colon, without surrounding blanks and control
	// characters, in the case that was sent; "" for a line without a colon.
	Name string
	// Raw is the whole field with its folded lines and their ends. It must not be changed.
	Raw []byte
}

// Value returns the text after the colon as one line: without line ends, and without blanks
// around it.
func (f Field) Value() string {
	_, value, _ := strings.Cut(string(f.Raw), ":")
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(value))
}

// Header is the header of a [Message]. Its methods must not be called at the same time.
type Header struct {
	parsed *mailheader.Header // as it was read
	now    *mailheader.Header // as it was changed; the same until a field is added
	text   []byte             // what follows the empty line of now, in front of the body
}

// current returns the header as it was changed, of the zero Header an empty one.
func (h *Header) current() *mailheader.Header {
	if h.now == nil {
		h.now = new(mailheader.Header)
	}
	return h.now
}

// original returns the header as it was read.
func (h *Header) original() *mailheader.Header {
	if h.parsed == nil {
		return new(mailheader.Header)
	}
	return h.parsed
}

// Fields returns the fields in their order, as they are now.
func (h *Header) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for f := range h.current().Fields() {
			if !yield(Field(f)) {
				return
			}
		}
	}
}

// Size returns the length of the header as it is now, with the empty line, in bytes.
func (h *Header) Size() int64 { return int64(len(h.current().Bytes(nil))) }

// Get returns the value of the first field with a name, in any letter case; "" if there is no
// such field.
func (h *Header) Get(name string) string {
	for f := range h.Fields() {
		if strings.EqualFold(f.Name, name) {
			return f.Value()
		}
	}
	return ""
}

// Has reports whether there is a field with a name, in any letter case.
func (h *Header) Has(name string) bool {
	for f := range h.Fields() {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// Index returns the position in Fields of the n-th field with a name, in any letter case; -1 if
// there are fewer. The first one is 0.
func (h *Header) Index(name string, n int) int {
	i := 0
	for f := range h.Fields() {
		if strings.EqualFold(f.Name, name) {
			if n == 0 {
				return i
			}
			n--
		}
		i++
	}
	return -1
}

// Drop removes all fields with a name, in any letter case, and returns how many. It removes
// also lines without a colon in which some program would find the name.
func (h *Header) Drop(name string) int {
	return h.Filter(func(n string) bool { return !strings.EqualFold(n, name) })
}

// Filter removes the fields whose name keep refuses, and returns how many. Lines without a
// colon stay, unless some program would find a refused name in them.
func (h *Header) Filter(keep func(name string) bool) int { return h.current().Filter(keep) }

// DropFunc removes the fields that match, and returns how many.
func (h *Header) DropFunc(match func(Field) bool) int {
	return h.current().Drop(func(f mailheader.Field) bool { return match(Field(f)) })
}

// Prepend adds a field in front of all others. See Insert.
func (h *Header) Prepend(field string) error { return h.Insert(0, field) }

// Append adds a field behind all others. See Insert.
func (h *Header) Append(field string) error { return h.Insert(math.MaxInt, field) }

// Insert adds a field, "Name: value", with the CRLF at the end or without, in front of the one
// at position i in Fields, or behind the last one. It stands further in front if it would
// otherwise be continued by lines that belong to no field.
//
// A line of the field behind the first must begin with a blank, and none may have a bare CR, LF
// or NUL. Otherwise Insert returns an error and changes nothing, so that no text from elsewhere
// can add a second field or end the header.
func (h *Header) Insert(i int, field string) error {
	added, err := newField(field)
	if err != nil {
		return err
	}
	fields := slices.Collect(h.Fields())
	i = max(0, min(i, len(fields)))
	for i > 0 && i < len(fields) && mailheader.IsFolded(fields[i].Raw) {
		i--
	}
	return h.set(slices.Insert(fields, i, added), i)
}

// Replace puts a field in place of the one at position i in Fields, which must have a name. The
// field must be as for Insert.
func (h *Header) Replace(i int, field string) error {
	replacement, err := newField(field)
	if err != nil {
		return err
	}
	fields := slices.Collect(h.Fields())
	if i < 0 || i >= len(fields) || fields[i].Name == "" {
		return fmt.Errorf("the header has no field at position %d", i)
	}
	fields[i] = replacement
	return h.set(fields, i)
}

// set makes the header consist of fields, of which the one at position at is new. It is read again,
// so that its fields are those that the next reader of the message finds.
func (h *Header) set(fields []Field, at int) error {
	var text []byte
	behindNew := false
	for i, f := range fields {
		// An empty line behind a bare LF was no end of the header, but behind CRLF it would be one.
		lines := mailheader.AppendLines(nil, f.Raw)
		if len(lines) == 0 {
			continue
		}
		if behindNew && mailheader.IsFolded(lines) {
			text = append(text, "\r\n"...) // the line would become part of the new field
		}
		text = append(text, lines...)
		behindNew = i == at
	}
	text = append(append(text, "\r\n"...), h.text...)
	now, err := mailheader.Read(bytes.NewReader(text), maxHeader)
	if err != nil {
		return err
	}
	h.now = now
	h.text = text[now.Size():]
	return nil
}

// end ends the header with an empty line if it has none.
func (h *Header) end() error {
	if bytes.HasSuffix(h.current().Bytes(nil), []byte("\r\n\r\n")) {
		return nil
	}
	fields := slices.Collect(h.Fields())
	return h.set(fields, len(fields))
}

// newField returns a field that is added.
func newField(field string) (Field, error) {
	field = strings.TrimSuffix(field, "\r\n")
	name, value, ok := strings.Cut(field, ":")
	switch {
	case !ok || name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }):
		return Field{}, fmt.Errorf("header field %q has no valid name in front of a colon", shorten(field))
	case !folded(value):
		return Field{}, fmt.Errorf("header field %q has a bare CR, LF or NUL, or a line that begins without a blank", name)
	}
	return Field{name, []byte(field + "\r\n")}, nil
}

// folded reports whether all lines of a value but the first begin with a blank and have
// something behind it.
func folded(value string) bool {
	for i, line := range strings.Split(value, "\r\n") {
		if strings.ContainsAny(line, "\r\n\x00") || i > 0 && (strings.Trim(line, " \t") == "" || line[0] != ' ' && line[0] != '\t') {
			return false
		}
	}
	return true
}

// shorten cuts a text for an error.
func shorten(s string) string { return s[:min(len(s), 40)] }

// Hops counts the Received fields as they were read, the removed ones too, so that no filter
// hides a loop.
func (h *Header) Hops() int { return h.original().Hops() }

// LocalHops counts the Received fields, as they were read, that a server with the name fqdn has
// added.
func (h *Header) LocalHops(fqdn string) int { return h.original().LocalHops(fqdn) }

// Authors returns the address of every From and Sender field as they are now, because it isn't
// known which of several From fields a mail program shows. The error means that one of these
// fields can't be read; the addresses of the others are returned with it, but a check must not
// rely on them alone.
func (h *Header) Authors() ([]routing.Address, error) { return h.current().Authors() }

// From returns the addresses of the From field as it is now. The error means that there isn't
// exactly one such field, that it can't be read, or that it has no address.
func (h *Header) From() ([]routing.Address, error) { return h.current().From() }

// bytes returns the present header, with the empty line.
func (h *Header) bytes() []byte { return append(h.current().Bytes(nil), h.text...) }
