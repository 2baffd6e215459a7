package format

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// List writes values as Format-List does: a line for each property, the names
// padded to one width, objects separated by blank lines. properties are those to
// show; none: all of each object. A value that isn't an object is a line of its
// own.
func List(w io.Writer, values []object.Value, properties []string, o Options) error {
	var b strings.Builder
	previous := false // was the value before an object?
	for _, v := range values {
		b.Reset()
		obj, ok := v.(*object.Object)
		if !ok {
			if previous {
				b.WriteByte('\n')
			}
			b.WriteString(plain(object.Text(v)))
			b.WriteByte('\n')
		} else {
			b.WriteByte('\n')
			listObject(&b, obj, properties, o)
		}
		previous = ok
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	if previous {
		_, err := io.WriteString(w, "\n")
		return err
	}
	return nil
}

func listObject(b *strings.Builder, obj *object.Object, properties []string, o Options) {
	if len(properties) == 0 {
		properties = obj.Names()
	}
	pad := 0
	for _, name := range properties {
		pad = max(pad, width(name))
	}
	for _, name := range properties {
		v, _ := obj.Get(name)
		b.WriteString(plain(name))
		b.WriteString(strings.Repeat(" ", pad-width(name)))
		b.WriteString(" :")
		room := 0
		if o.Width > 0 {
			room = max(o.Width-pad-3, 1)
		}
		for i, line := range wrap(o.display(v), room) {
			if i > 0 {
				b.WriteString(strings.Repeat(" ", pad+2))
			}
			if line != "" {
				b.WriteByte(' ')
				b.WriteString(line)
			}
			b.WriteByte('\n')
		}
	}
}

// wrap cuts text into lines of at most room characters, 0 for no limit: at the
// last blank that fits, which is dropped, or else within the word. A word is cut
// only if it is longer than a line.
func wrap(text string, room int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if room == 0 || width(line) <= room {
			lines = append(lines, line)
			continue
		}
		lines = wrapLine(lines, line, room)
	}
	return lines
}

func wrapLine(lines []string, text string, room int) []string {
	line, used := "", -1 // -1: nothing yet, so that no blank is needed
	for word := range strings.SplitSeq(text, " ") {
		n := width(word)
		if used >= 0 && used+1+n > room && (n <= room || used+1 >= room) {
			lines, line, used = append(lines, line), "", -1
		}
		if used >= 0 {
			line += " "
		}
		used += 1 + n
		line += word
		for used > room {
			cut := offsetOf(line, room)
			lines, line = append(lines, line[:cut]), line[cut:]
			used -= room
		}
	}
	return append(lines, line)
}

// offsetOf is where character n of s begins.
func offsetOf(s string, n int) int {
	at := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}
