package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// ParseJSON is JSON of the zero Reader.
func ParseJSON(name string, data []byte) (*Document, error) { return Reader{}.JSON(name, data) }

// JSON reads what ConvertTo-Json writes: an object, or an array of them.
//
// Within objects, what PowerShell wraps is unwrapped: {"value":…,"Count":…} is
// its value, {"IsUnlimited":…,"Value":…} its value or Unlimited, a TimeSpan's
// object its span, and /Date(…)/ the date as RFC 3339 writes it.
func (rd Reader) JSON(name string, data []byte) (*Document, error) {
	return rd.read(name, data, func(d *Document, text string) {
		raw := []byte(text)
		r := &jsonReader{doc: d, data: raw, decoder: json.NewDecoder(bytes.NewReader(raw)), line: 1}
		r.decoder.UseNumber()
		v, _ := r.read(0, false)
		if r.next(); r.at < len(raw) {
			d.stop(r.line, "there is more after the end of the JSON text")
		}
		d.Values = object.Items(v)
	})
}

type jsonReader struct {
	doc     *Document
	data    []byte
	decoder *json.Decoder
	at      int // how far lines were counted
	line    int // of at
}

// next moves to where the next token begins.
func (r *jsonReader) next() {
	offset := int(r.decoder.InputOffset())
	for offset < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[offset]) >= 0 {
		offset++
	}
	r.line += bytes.Count(r.data[r.at:offset], []byte{'\n'})
	r.at = offset
}

func (r *jsonReader) token() json.Token {
	r.next()
	token, err := r.decoder.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r.doc.stop(r.line, "the JSON text ends too early")
	}
	if err != nil {
		line := r.line
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			before := r.data[:min(len(r.data), max(0, int(syntax.Offset)-1))]
			line = 1 + bytes.Count(before, []byte{'\n'})
		}
		r.doc.stop(line, "%s", source.NotJSON(err))
	}
	return token
}

// read returns the next value and its line. Inside says that it is within an
// object: what stands alone or in a list is exported itself, and no wrapping.
func (r *jsonReader) read(depth int, inside bool) (object.Value, int) {
	token, line := r.token(), r.line
	r.doc.take(elementSize, line)
	if depth > maxDepth {
		r.doc.stop(line, "nested more than %d deep", maxDepth)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return r.list(depth, inside), line
		}
		return r.object(depth, line, inside), line
	case json.Number:
		return number(t), line
	case string:
		return dated(t), line
	}
	return token, line // nil or bool
}

func number(n json.Number) object.Value {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil {
		return f + 0 // -0 becomes 0, as which it would be read again
	}
	return n.String() // too large for either
}

// dated resolves the dates of Windows PowerShell, milliseconds since 1970.
func dated(s string) string {
	digits, ok := strings.CutPrefix(s, "/Date(")
	if !ok {
		return s
	}
	digits, ok = strings.CutSuffix(digits, ")/")
	ms, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || ms < -62135596800000 || ms > 253402300799999 { // years 1 to 9999
		return s
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}

func (r *jsonReader) list(depth int, inside bool) object.Value {
	l := &object.List{}
	var lines []int
	for r.decoder.More() {
		v, line := r.read(depth+1, inside)
		l.Items = append(l.Items, v)
		lines = append(lines, line)
	}
	r.token()
	r.doc.note(l, lines)
	return l
}

type jsonMember struct {
	name  string
	value object.Value
	line  int
}

func (r *jsonReader) object(depth, line int, inside bool) object.Value {
	var members []jsonMember
	for r.decoder.More() {
		name, _ := r.token().(string)
		at := r.line
		v, _ := r.read(depth+1, true)
		members = append(members, jsonMember{name, v, at})
	}
	r.token()
	r.doc.take(objectSize+len(members)*(propertySize+mapEntrySize), line)
	if v, ok := unwrapMembers(members); ok {
		_, isList := v.(*object.List)
		if inside || isList {
			return v
		}
	}
	o := object.NewObject("", len(members))
	lines := []int{line}
	for _, m := range members {
		if _, twice := o.Get(m.name); twice {
			r.doc.stop(m.line, "%q is given twice", m.name)
		}
		o.Set(m.name, m.value)
		lines = append(lines, m.line)
	}
	r.doc.note(o, lines)
	return o
}

// unwrapMembers returns the value inside the object of these members, if PowerShell
// made it around another value.
func unwrapMembers(members []jsonMember) (object.Value, bool) {
	var value object.Value
	var ticks, unlimited object.Value
	other, values, times := 0, 0, 0
	for _, m := range members {
		switch strings.ToLower(m.name) {
		case "value":
			// An enumeration has a number as value and a text as Value.
			if _, isText := m.value.(string); isText || values == 0 {
				value = m.value
			}
			values++
		case "count":
		case "isunlimited":
			unlimited = m.value
		case "ticks":
			ticks = m.value
		case "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds",
			"totaldays", "totalhours", "totalminutes", "totalseconds", "totalmilliseconds", "totalmicroseconds", "totalnanoseconds":
			times++
		default:
			other++
		}
	}
	if other > 0 {
		return nil, false
	}
	if n, ok := ticks.(int64); ok && times > 0 && values == 0 && n > -maxTicks && n < maxTicks {
		return param.FormatTimeSpan(time.Duration(n) * 100), true // a tick is 100 ns
	}
	if unlimited == true {
		return param.Unlimited.String(), true
	}
	return value, values > 0 && ticks == nil && times == 0
}

// maxTicks is how much of .NET's time spans a time.Duration holds.
const maxTicks = 1<<63/100 - 1
