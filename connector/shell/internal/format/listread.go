package format

import (
	"errors"
	"strings"
	"unicode"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// exportAdvice is how to export so that nothing is lost.
const exportAdvice = "export with Export-Clixml, or with Format-List after $FormatEnumerationLimit = -1"

// ErrCut says that a list of Format-List text was cut.
var ErrCut = errors.New("the list was cut off: its end is an ellipsis; " + exportAdvice)

// SplitList takes {a, b} apart. It is not ok if s isn't in braces. The error is
// ErrCut if the list was cut.
func SplitList(s string) (items []string, ok bool, err error) {
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, false, nil
	}
	inner := strings.TrimSpace(s[1 : len(s)-1])
	if inner == "" {
		return nil, true, nil
	}
	items = strings.Split(inner, ", ")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	if last := items[len(items)-1]; strings.HasSuffix(last, "...") || strings.HasSuffix(last, "…") {
		return nil, true, ErrCut
	}
	return items, true, nil
}

// ParseList is List of the zero Reader.
func ParseList(name string, data []byte) (*Document, error) { return Reader{}.List(name, data) }

// List reads the text that Format-List writes. Each value is a string, or
// nil where it is blank.
func (rd Reader) List(name string, data []byte) (*Document, error) {
	return rd.read(name, data, func(d *Document, text string) {
		r := &listReader{doc: d}
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			r.line++
			r.read(line)
			r.before = width(line)
		}
		r.endObject()
		r.join()
	})
}

// listReader reads Format-List text line by line.
type listReader struct {
	doc    *Document
	line   int
	before int // width of the line before
	width  int // of the longest wrapped line, which is taken for that of the console
	object *listObjectText
	all    []*listObjectText
	blank  bool // the line before was blank
}

// listObjectText is an object whose values are still in lines.
type listObjectText struct {
	colon  int
	line   int
	names  []string
	seen   map[string]bool // names in lower case
	values [][]string
	lines  []int
}

func (r *listReader) read(line string) {
	after := r.blank
	if r.blank = strings.TrimSpace(line) == ""; r.blank {
		return
	}
	if isPrompt(line) {
		r.endObject()
		return
	}
	if r.object != nil && r.continues(line) {
		r.doc.take(elementSize, r.line)
		return
	}
	name, value, colon, ok := property(line)
	if !ok {
		if isRule(line) {
			r.doc.stop(r.line, "this is a table, whose cells may be cut off; %s", exportAdvice)
		}
		r.doc.stop(r.line, "this isn't a line of Format-List, as in %q", "Name : Relay")
	}
	key := strings.ToLower(name)
	if after || r.object != nil && r.object.seen[key] {
		r.endObject()
	}
	r.doc.take(2*propertySize+2*mapEntrySize, r.line)
	if r.object == nil {
		r.doc.take(2*objectSize+2*mapEntrySize, r.line)
		r.object = &listObjectText{colon: colon, line: r.line, seen: make(map[string]bool)}
	}
	o := r.object
	o.seen[key] = true
	o.names = append(o.names, name)
	o.values = append(o.values, []string{value})
	o.lines = append(o.lines, r.line)
}

// continues takes line as more of the last value, if it is indented so far.
func (r *listReader) continues(line string) bool {
	o := r.object
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if indent < o.colon+2 {
		return false
	}
	last := &o.values[len(o.values)-1]
	*last = append(*last, line[o.colon+2:])
	r.width = max(r.width, r.before, width(line))
	return true
}

// property cuts a line at its first colon.
func property(line string) (name, value string, colon int, ok bool) {
	colon = strings.IndexByte(line, ':')
	if colon < 1 || line[0] == ' ' {
		return "", "", 0, false
	}
	name = strings.TrimRight(line[:colon], " ")
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-. ", r) {
			return "", "", 0, false
		}
	}
	value = line[colon+1:]
	if value != "" && value[0] != ' ' { // C:\, not a property
		return "", "", 0, false
	}
	return name, strings.TrimPrefix(value, " "), colon, true
}

// isRule reports whether line is the rule below a table's heading.
func isRule(line string) bool {
	return strings.Contains(line, "--") && strings.Trim(line, "- ") == ""
}

// isPrompt reports whether line is a command of a transcript.
func isPrompt(line string) bool {
	return strings.HasPrefix(line, "[PS]") || strings.HasPrefix(line, "PS ") && strings.Contains(line, ">")
}

func (r *listReader) endObject() {
	if r.object != nil {
		r.all = append(r.all, r.object)
		r.object = nil
	}
}

// join makes objects of the lines, now that the width of the console is known.
func (r *listReader) join() {
	for _, t := range r.all {
		o := object.NewObject("", len(t.names))
		for i, name := range t.names {
			if text := strings.TrimSpace(unwrap(t.values[i], r.width-t.colon-2)); text != "" {
				o.Set(name, text)
			} else {
				o.Set(name, nil)
			}
		}
		r.doc.Values = append(r.doc.Values, o)
		r.doc.note(o, append([]int{t.line}, t.lines...))
	}
}

// unwrap joins the lines of a value that was wrapped at room characters. A line
// that is full is a word cut in two if the word is longer than a line; every
// other one ended at a blank.
func unwrap(lines []string, room int) string {
	if len(lines) == 1 {
		return lines[0]
	}
	var b strings.Builder
	word := 0 // width of the last word so far
	for i, line := range lines {
		line = strings.TrimRight(line, " ")
		first, _, more := strings.Cut(line, " ")
		if i > 0 && (endsAtBlank(lines, i-1, room) || word+width(first) <= room) {
			b.WriteByte(' ')
			word = 0
		}
		b.WriteString(line)
		if more {
			word = width(line[strings.LastIndexByte(line, ' ')+1:])
		} else {
			word += width(line)
		}
	}
	return b.String()
}

// endsAtBlank reports whether line i of a value surely ended at a blank: it is
// not full, or it ended between two elements of a list.
func endsAtBlank(lines []string, i, room int) bool {
	line := lines[i]
	return width(line) < room || strings.HasSuffix(line, " ") ||
		strings.HasSuffix(line, ",") && strings.HasPrefix(lines[0], "{")
}
