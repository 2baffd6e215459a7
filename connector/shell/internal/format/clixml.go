package format

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// ErrTooLong says that a text would exceed its limit.
var ErrTooLong = errors.New("the text becomes too long")

// DefaultDepth is the depth of Export-Clixml unless another is given. Windows
// PowerShell has 2.
const DefaultDepth = 2

// The names of .NET for what the shell names shortly.
const (
	spaceConfig     = "Microsoft.Exchange.Data.Directory.SystemConfiguration."
	spaceData       = "Microsoft.Exchange.Data."
	spaceAutomation = "System.Management.Automation."
)

// fullName is the name of a type with its namespace.
func fullName(short string) string {
	switch short {
	case "PSCustomObject", "PSCredential":
		return spaceAutomation + short
	case "SendConnector":
		return spaceConfig + "SmtpSendConnectorConfig"
	case "ADPermission", "ADAcePresentationObject":
		return "Microsoft.Exchange.Management.RecipientTasks.ADAcePresentationObject"
	}
	if strings.ContainsRune(short, '.') {
		return short
	}
	return spaceConfig + short
}

// shortName is the reverse of fullName; it drops what deserialising and
// Select-Object put before the name, too.
func shortName(full string) string {
	switch short := full[strings.LastIndexByte(full, '.')+1:]; short {
	case "SmtpSendConnectorConfig":
		return "SendConnector"
	case "ADAcePresentationObject":
		return "ADPermission"
	default:
		return short
	}
}

// CLIXML returns values as Export-Clixml writes them. What lies deeper than
// depth is text. Secrets are left out. It stops with ErrTooLong once the text
// exceeds limit bytes; 0 means no limit.
func CLIXML(values []object.Value, depth, limit int) (string, error) {
	w := xmlWriter{limit: limit, types: make(map[string]int)}
	w.b.WriteString(`<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">` + "\n")
	for _, v := range values {
		w.value("", v, min(depth, maxDepth/2-2), 1)
	}
	w.b.WriteString("</Objs>\n")
	if w.full() {
		return "", ErrTooLong
	}
	return w.b.String(), nil
}

type xmlWriter struct {
	b       strings.Builder
	limit   int
	objects int            // RefId of the next Obj
	types   map[string]int // RefId by type name
}

func (w *xmlWriter) full() bool { return w.limit > 0 && w.b.Len() > w.limit }

// value writes v as an element, with N="name" if there is one.
func (w *xmlWriter) value(name string, v object.Value, depth, indent int) {
	if w.full() {
		return
	}
	switch v := v.(type) {
	case nil:
		w.empty("Nil", name, indent)
	case bool:
		w.scalar("B", name, strconv.FormatBool(v), indent)
	case int64:
		if v == int64(int32(v)) {
			w.scalar("I32", name, strconv.FormatInt(v, 10), indent)
		} else {
			w.scalar("I64", name, strconv.FormatInt(v, 10), indent)
		}
	case float64:
		w.scalar("Db", name, doubleText(v), indent)
	case string:
		w.scalar("S", name, v, indent)
	case *object.Secure: // DPAPI can't be had here, and clear text mustn't be
		w.empty("Nil", name, indent)
	case *object.List, *object.Table, *object.Object:
		if depth < 0 {
			w.scalar("S", name, object.Text(v), indent)
			return
		}
		w.container(name, v, depth-1, indent)
	case object.Typed:
		w.open(name, indent)
		w.typeName(spaceData+v.TypeName(), "System.ValueType", indent+1)
		w.scalar("ToString", "", v.String(), indent+1)
		w.line(indent, "</Obj>")
	}
}

func doubleText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	}
	return strconv.FormatFloat(f, 'G', -1, 64)
}

func (w *xmlWriter) container(name string, v object.Value, depth, indent int) {
	w.open(name, indent)
	switch v := v.(type) {
	case *object.List:
		w.typeName("System.Object[]", "System.Array", indent+1)
		w.line(indent+1, "<LST>")
		for _, item := range v.Items {
			w.value("", item, depth, indent+2)
		}
		w.line(indent+1, "</LST>")
	case *object.Table:
		w.typeName("System.Collections.Hashtable", "", indent+1)
		w.line(indent+1, "<DCT>")
		for key, item := range v.All() {
			w.line(indent+2, "<En>")
			w.value("Key", key, 0, indent+3)
			w.value("Value", item, depth, indent+3)
			w.line(indent+2, "</En>")
		}
		w.line(indent+1, "</DCT>")
	case *object.Object:
		members := "Props"
		if v.Type == "PSCustomObject" {
			members = "MS"
		}
		w.typeName(fullName(v.Type), "", indent+1)
		if v.Text != "" {
			w.scalar("ToString", "", v.Text, indent+1)
		}
		w.line(indent+1, "<"+members+">")
		for property, item := range v.All() {
			w.value(property, item, depth, indent+2)
		}
		w.line(indent+1, "</"+members+">")
	}
	w.line(indent, "</Obj>")
}

func (w *xmlWriter) open(name string, indent int) {
	w.line(indent, fmt.Sprintf(`<Obj%s RefId="%d">`, attribute(name), w.objects))
	w.objects++
}

// typeName writes a type and its bases, the second time as a reference.
func (w *xmlWriter) typeName(name, base string, indent int) {
	if id, ok := w.types[name]; ok {
		w.line(indent, fmt.Sprintf(`<TNRef RefId="%d" />`, id))
		return
	}
	id := len(w.types)
	w.types[name] = id
	w.line(indent, fmt.Sprintf(`<TN RefId="%d">`, id))
	for _, n := range []string{name, base, "System.Object"} {
		if n != "" {
			w.scalar("T", "", n, indent+1)
		}
	}
	w.line(indent, "</TN>")
}

func (w *xmlWriter) scalar(element, name, text string, indent int) {
	w.line(indent, "<"+element+attribute(name)+">"+escapeXML(text)+"</"+element+">")
}

func (w *xmlWriter) empty(element, name string, indent int) {
	w.line(indent, "<"+element+attribute(name)+" />")
}

func (w *xmlWriter) line(indent int, text string) {
	w.b.WriteString(strings.Repeat("  ", indent))
	w.b.WriteString(text)
	w.b.WriteByte('\n')
}

func attribute(name string) string {
	if name == "" {
		return ""
	}
	return ` N="` + escapeXML(name) + `"`
}

// escapeXML writes what XML can't hold, and what would be read as such an
// escape, as _xHHHH_ per UTF-16 unit, the rest with the entities of XML.
func escapeXML(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '_' && isEscape(s[i:]), r < ' ', r >= 0x7F && r < 0xA0, r == 0x2028, r == 0x2029, r == 0xFFFE, r == 0xFFFF, r == 0xFEFF:
			fmt.Fprintf(&b, "_x%04X_", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isEscape reports whether s begins with _xHHHH_.
func isEscape(s string) bool {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' && s[1] != 'X' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}

// unescapeXML resolves the _xHHHH_ escapes.
func unescapeXML(s string) string {
	if !strings.Contains(s, "_x") && !strings.Contains(s, "_X") {
		return s
	}
	var b strings.Builder
	var units []uint16 // of adjacent escapes: two may be one character
	for len(s) > 0 {
		if isEscape(s) {
			unit, _ := strconv.ParseUint(s[2:6], 16, 16)
			units = append(units, uint16(unit))
			s = s[7:]
			continue
		}
		b.WriteString(string(utf16.Decode(units)))
		units = units[:0]
		next := 1 + strings.IndexByte(s[1:], '_')
		if next == 0 {
			next = len(s)
		}
		b.WriteString(s[:next])
		s = s[next:]
	}
	b.WriteString(string(utf16.Decode(units)))
	return b.String()
}
