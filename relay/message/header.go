package message

import (
	"fmt"
	"iter"
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
	parsed *mailheader.Header
	added  []Field // by Prepend, the first one first
}

// Fields returns the fields in their order, the added ones too.
func (h *Header) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for _, f := range h.added {
			if !yield(f) {
				return
			}
		}
		for f := range h.parsed.Fields() {
			if !yield(Field(f)) {
				return
			}
		}
	}
}

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

// Drop removes all fields with a name, in any letter case, and returns how many. It removes
// also lines without a colon in which some program would find the name.
func (h *Header) Drop(name string) int {
	return h.Filter(func(n string) bool { return !strings.EqualFold(n, name) })
}

// Filter removes the fields whose name keep refuses, and returns how many. Lines without a
// colon stay, unless some program would find a refused name in them.
func (h *Header) Filter(keep func(name string) bool) int {
	return h.dropAdded(func(f Field) bool { return !keep(f.Name) }) + h.parsed.Filter(keep)
}

// DropFunc removes the fields that match, and returns how many.
func (h *Header) DropFunc(match func(Field) bool) int {
	return h.dropAdded(match) + h.parsed.Drop(func(f mailheader.Field) bool { return match(Field(f)) })
}

// dropAdded is DropFunc for the added fields.
func (h *Header) dropAdded(match func(Field) bool) int {
	before := len(h.added)
	h.added = slices.DeleteFunc(h.added, match)
	return before - len(h.added)
}

// Prepend adds a field in front of all others: "Name: value", with the CRLF at the end or
// without. A line behind the first must begin with a blank. A field that isn't one is an
// error, so that no text from elsewhere can add a second one or end the header.
func (h *Header) Prepend(field string) error {
	field = strings.TrimSuffix(field, "\r\n")
	name, value, ok := strings.Cut(field, ":")
	switch {
	case !ok || name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }):
		return fmt.Errorf("header field %q has no valid name in front of a colon", shorten(field))
	case !folded(value):
		return fmt.Errorf("header field %q has a bare CR, LF or NUL, or a line that begins without a blank", name)
	}
	h.added = slices.Insert(h.added, 0, Field{name, []byte(field + "\r\n")})
	return nil
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
func (h *Header) Hops() int { return h.parsed.Hops() }

// LocalHops counts the Received fields that a server with the name fqdn has added.
func (h *Header) LocalHops(fqdn string) int { return h.parsed.LocalHops(fqdn) }

// Authors returns the address of every From and Sender field, because it isn't known which of
// several From fields a mail program shows. The error means that one of these fields can't be
// read; the addresses of the others are returned with it, but a check must not rely on them
// alone. Fields that were added or removed make no difference.
func (h *Header) Authors() ([]routing.Address, error) { return h.parsed.Authors() }

// bytes returns the present header, with the empty line.
func (h *Header) bytes() []byte {
	var added []byte
	for _, f := range h.added {
		added = append(added, f.Raw...)
	}
	h.parsed.SetPrepended(added)
	return h.parsed.Bytes(nil)
}
