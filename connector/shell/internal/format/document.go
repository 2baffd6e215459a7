package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// The bounds of what is read.
const (
	maxSize  = 256 << 20 // bytes of a file
	maxDepth = 64        // of nesting
	maxNodes = 4 << 20   // values that references of a CLIXML file may add
)

// Document is the content of a file as a reader found it. It must not be changed.
type Document struct {
	Name   string         // of the file
	Values []object.Value // mostly *object.Object

	lines map[any][]int // of an *Object: its own, then its properties'; of a *List: its elements'; one for all if they are the same

	pay  Pay
	left int64 // of the memory, without pay
}

// Line returns the line on which o begins, from 1; 0 if o isn't of d.
func (d *Document) Line(o *object.Object) int { return d.line(o, 0) }

// PropertyLine returns the line of a property of o by its place in o.Names().
func (d *Document) PropertyLine(o *object.Object, i int) int { return d.line(o, i+1) }

// ElementLine returns the line of element i of l; 0 if the form of the file
// doesn't tell.
func (d *Document) ElementLine(l *object.List, i int) int { return d.line(l, i) }

func (d *Document) line(of any, i int) int {
	lines := d.lines[of]
	switch {
	case i >= 0 && i < len(lines):
		return lines[i]
	case len(lines) == 1:
		return lines[0]
	}
	return 0
}

// note remembers lines of an *Object or *List.
func (d *Document) note(of any, lines []int) {
	if d.lines == nil {
		d.lines = make(map[any][]int)
	}
	d.lines[of] = lines
}

// Error is a mistake in a text that can't be read on.
type Error struct {
	File   string
	Line   int    // from 1
	Detail string // what is wrong and what would be right
}

// Error returns "file:line: detail".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Detail) }

func fail(file string, line int, format string, args ...any) error {
	return &Error{file, line, fmt.Sprintf(format, args...)}
}

var errUTF16 = errors.New("the text ends within a UTF-16 character")

// Decode returns the text of a file as UTF-8 without byte order mark. It reads
// UTF-8 and, by its mark or by the zero bytes beside ASCII characters of markup, UTF-16.
func Decode(name string, data []byte) (string, error) {
	if len(data) > maxSize {
		return "", fail(name, 1, "the file has %d bytes; at most %d can be read", len(data), maxSize)
	}
	var text string
	var err error
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		text, err = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		text, err = fromUTF16(data[2:], binary.BigEndian)
	case len(data) > 1 && data[0] != 0 && data[1] == 0:
		text, err = fromUTF16(data, binary.LittleEndian)
	default:
		text = string(bytes.TrimPrefix(data, []byte("\uFEFF")))
	}
	if err != nil {
		return "", fail(name, 1, "%v", err)
	}
	if !utf8.ValidString(text) {
		good := strings.ToValidUTF8(text, "\x00\x00") // marks the place
		line := 1 + strings.Count(good[:max(0, strings.Index(good, "\x00\x00"))], "\n")
		return "", fail(name, line, "the text is neither UTF-8 nor UTF-16; export it again with -Encoding UTF8")
	}
	return text, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) (string, error) {
	if len(data)%2 != 0 {
		return "", errUTF16
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units)), nil
}
