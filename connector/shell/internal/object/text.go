package object

import (
	"math"
	"strconv"
	"strings"
)

// Text returns v as PowerShell puts it into a string: nothing for $null, True and
// False, list elements with blanks between them.
func Text(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return floatText(v)
	case *List:
		return v.join()
	case *Table:
		return "System.Collections.Hashtable"
	case *Secure:
		return secureText
	case *Object:
		return v.text()
	case Typed:
		return v.String()
	}
	return ""
}

// join prints elements with blanks between them. An element that is itself a
// list prints as its type, so that a list can't print itself without end.
func (l *List) join() string {
	var b strings.Builder
	for i, item := range l.Items {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(elementText(item))
	}
	return b.String()
}

func (o *Object) text() string {
	if o.Text != "" || o.Len() == 0 {
		return o.Text
	}
	var b strings.Builder
	b.WriteString("@{")
	sep := ""
	for name, v := range o.All() {
		b.WriteString(sep + name + "=" + elementText(v))
		sep = "; "
	}
	b.WriteByte('}')
	return b.String()
}

// elementText is Text one level down, where containers print as their type.
func elementText(v Value) string {
	switch v := v.(type) {
	case *List:
		return "System.Object[]"
	case *Object:
		if v.Text == "" {
			return v.Type
		}
		return v.Text
	}
	return Text(v)
}

func floatText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "∞"
	case math.IsInf(f, -1):
		return "-∞"
	case f != 0 && (math.Abs(f) >= 1e15 || math.Abs(f) < 1e-4):
		return strings.ToUpper(strconv.FormatFloat(f, 'e', -1, 64))
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
