package format

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// DefaultJSONDepth is the depth of ConvertTo-Json unless another is given.
const DefaultJSONDepth = 2

// JSON returns v as ConvertTo-Json writes it: a List as an array, anything else
// as itself. What lies deeper than depth levels of objects is text. Sizes, spans
// and enumerations are text at every depth. It stops with ErrTooLong once the
// text exceeds limit bytes, because nesting can multiply it; 0 means no limit.
func JSON(v object.Value, depth int, compress bool, limit int) (string, error) {
	w := jsonWriter{compress: compress, limit: limit}
	if l, ok := v.(*object.List); ok {
		w.list(l, min(depth, maxDepth)+1, 0)
	} else {
		w.value(v, min(depth, maxDepth)+1, 0)
	}
	if w.full() {
		return "", ErrTooLong
	}
	return w.b.String(), nil
}

type jsonWriter struct {
	b        strings.Builder
	compress bool
	limit    int
}

func (w *jsonWriter) full() bool { return w.limit > 0 && w.b.Len() > w.limit }

// value writes v with levels of nesting left. indent is where its lines begin.
func (w *jsonWriter) value(v object.Value, levels, indent int) {
	switch v := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strconv.FormatBool(v))
	case int64:
		w.b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) { // JSON has none
			w.text(object.Text(v))
			return
		}
		w.b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case *object.List:
		if levels <= 0 {
			w.text(object.Text(v))
			return
		}
		w.list(v, levels-1, indent)
	case *object.Table:
		w.members(v, levels, indent)
	case *object.Object:
		w.members(v, levels, indent)
	default:
		w.text(object.Text(v))
	}
}

func (w *jsonWriter) text(s string) {
	encoder := json.NewEncoder(&trimmed{&w.b})
	encoder.SetEscapeHTML(false) // <I>…<S>… stays readable
	_ = encoder.Encode(s)        // a string always encodes
}

// trimmed drops the line end that json.Encoder adds.
type trimmed struct{ b *strings.Builder }

func (t *trimmed) Write(p []byte) (int, error) {
	t.b.WriteString(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

func (w *jsonWriter) list(l *object.List, levels, indent int) {
	w.b.WriteByte('[')
	for i, item := range l.Items {
		if w.full() {
			return
		}
		w.separate(i, indent+2)
		w.value(item, levels, indent+2)
	}
	w.end(len(l.Items), indent, ']')
}

// members writes an object or hashtable.
func (w *jsonWriter) members(v interface {
	Names() []string
	Get(string) (object.Value, bool)
}, levels, indent int) {
	if levels <= 0 {
		w.text(object.Text(v))
		return
	}
	names := v.Names()
	w.b.WriteByte('{')
	for i, name := range names {
		if w.full() {
			return
		}
		w.separate(i, indent+2)
		w.text(name)
		w.b.WriteByte(':')
		if !w.compress {
			w.b.WriteByte(' ')
		}
		member, _ := v.Get(name)
		w.value(member, levels-1, indent+2)
	}
	w.end(len(names), indent, '}')
}

func (w *jsonWriter) separate(i, indent int) {
	if i > 0 {
		w.b.WriteByte(',')
	}
	w.line(indent)
}

func (w *jsonWriter) end(n, indent int, bracket byte) {
	if n > 0 {
		w.line(indent)
	}
	w.b.WriteByte(bracket)
}

func (w *jsonWriter) line(indent int) {
	if !w.compress {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat(" ", indent))
	}
}
