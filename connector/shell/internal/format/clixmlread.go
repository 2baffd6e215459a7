package format

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// ParseCLIXML is CLIXML of the zero Reader.
func ParseCLIXML(name string, data []byte) (*Document, error) { return Reader{}.CLIXML(name, data) }

// CLIXML reads what Export-Clixml writes. An element is the text of a
// scalar, else its ToString, else its list, table or properties; an enumeration
// is its ToString, never its number. Secrets are skipped.
func (rd Reader) CLIXML(name string, data []byte) (*Document, error) {
	return rd.read(name, data, func(d *Document, text string) {
		r := &xmlReader{
			doc:     d,
			decoder: xml.NewDecoder(&quoteCounter{rest: text}),
			objects: make(map[string]xmlShared),
			types:   make(map[string][]string),
		}
		r.decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // Decode did it
		r.document()
	})
}

type xmlReader struct {
	doc     *Document
	decoder *xml.Decoder
	depth   int
	objects map[string]xmlShared // by RefId
	types   map[string][]string  // by RefId
	values  int                  // read so far, and how many a reference stands for
	shared  int                  // how many came from references
}

// xmlShared is a value that a Ref may name.
type xmlShared struct {
	value object.Value
	size  int // how many values it is made of
}

// take pays for n bytes of memory.
func (r *xmlReader) take(n int) { r.doc.take(n, r.line()) }

// quoteCounter hands a text to the XML decoder and fails where an element has very
// many attributes, which the decoder would all keep. Within an element no < can stand.
type quoteCounter struct {
	rest   string
	quotes int // since the last <
}

const maxQuotes = 20_000

var errAttributes = errors.New("too many attributes")

// ReadByte implements io.ByteReader.
func (q *quoteCounter) ReadByte() (byte, error) {
	if q.rest == "" {
		return 0, io.EOF
	}
	c := q.rest[0]
	q.rest = q.rest[1:]
	switch c {
	case '<':
		q.quotes = 0
	case '"', '\'':
		if q.quotes++; q.quotes > maxQuotes {
			return 0, errAttributes
		}
	}
	return c, nil
}

// Read implements io.Reader; the decoder reads single bytes.
func (q *quoteCounter) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := q.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

func (r *xmlReader) line() int {
	line, _ := r.decoder.InputPos()
	return line
}

func (r *xmlReader) stop(format string, args ...any) { r.doc.stop(r.line(), format, args...) }

// token returns the next token that matters; nil at the end of the text.
func (r *xmlReader) token() xml.Token {
	for {
		token, err := r.decoder.Token()
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errAttributes):
			r.stop("an element has more than %d attributes", maxQuotes/2)
		case errors.As(err, &syntax):
			r.stop("this isn't XML: %s", syntax.Msg)
		case err != nil:
			r.stop("this isn't XML: %v", err)
		}
		switch token.(type) {
		case xml.Directive:
			r.stop("a document type isn't accepted; Export-Clixml writes none")
		case xml.Comment, xml.ProcInst:
			continue
		}
		return token
	}
}

func (r *xmlReader) document() {
	root := false
	for token := r.token(); token != nil; token = r.token() {
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case root || start.Name.Local != "Objs":
			r.stop("<%s> stands where <Objs> of Export-Clixml must", start.Name.Local)
		default:
			root = true
			r.each(func(child xml.StartElement) {
				if v, keep := r.value(child); keep {
					r.doc.Values = append(r.doc.Values, v)
				}
			})
		}
	}
	if !root {
		r.stop("there is no <Objs>; is this from Export-Clixml?")
	}
}

// each calls f for the child elements of the open element, up to its end. f
// must read its element to the end.
func (r *xmlReader) each(f func(xml.StartElement)) {
	if r.depth++; r.depth > maxDepth {
		r.stop("nested more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	for {
		switch token := r.token().(type) {
		case nil:
			r.stop("the XML text ends too early")
		case xml.EndElement:
			return
		case xml.StartElement:
			f(token)
		}
	}
}

// text returns the characters of the open element up to its end.
func (r *xmlReader) text() string {
	var b strings.Builder
	for {
		switch token := r.token().(type) {
		case nil:
			r.stop("the XML text ends too early")
		case xml.CharData:
			b.Write(token)
		case xml.EndElement:
			return unescapeXML(b.String())
		case xml.StartElement:
			r.stop("<%s> stands within a text", token.Name.Local)
		}
	}
}

// skip reads to the end of the open element.
func (r *xmlReader) skip() {
	r.each(func(xml.StartElement) { r.skip() })
}

func attr(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// value reads the element of one value. keep is false for secrets.
func (r *xmlReader) value(start xml.StartElement) (v object.Value, keep bool) {
	r.values++
	r.take(elementSize)
	switch start.Name.Local {
	case "Nil":
		r.skip()
		return nil, true
	case "SS": // protected by a key of the machine that wrote it
		r.skip()
		return nil, false
	case "Ref":
		known := r.objects[attr(start, "RefId")]
		r.values += known.size
		if r.shared += known.size; r.shared > maxNodes {
			r.stop("the references of this file stand for more than %d values", maxNodes)
		}
		r.skip()
		return known.value, true
	case "Obj":
		before := r.values
		v := r.object()
		if id := attr(start, "RefId"); id != "" {
			r.take(mapEntrySize)
			r.objects[id] = xmlShared{v, r.values - before + 1}
		}
		return v, true
	}
	return scalar(start.Name.Local, r.text()), true
}

// xmlObject is the content of an Obj element.
type xmlObject struct {
	types    []string
	toString *string
	scalar   object.Value
	list     *object.List
	table    *object.Table
	object   *object.Object
	lines    []int
}

func (r *xmlReader) object() object.Value {
	r.take(2 * objectSize)
	o := &xmlObject{object: &object.Object{}, lines: []int{r.line()}}
	r.each(func(child xml.StartElement) { r.part(o, child) })
	typ := ""
	if len(o.types) > 0 {
		typ = shortName(o.types[0])
	}
	isEnum := slices.ContainsFunc(o.types, func(t string) bool { return strings.HasSuffix(t, "System.Enum") })
	text, isText := o.scalar.(string)
	switch {
	case o.list != nil:
		return o.list
	case o.table != nil:
		return o.table
	case isEnum && o.toString != nil:
		return object.Flags{Type: typ, Text: *o.toString}
	case isText:
		return text
	case o.object.Len() > 0 || o.toString == nil && o.scalar == nil:
		o.object.Type = typ
		if o.toString != nil {
			o.object.Text = *o.toString
		}
		r.doc.note(o.object, o.lines)
		return o.object
	case o.toString != nil:
		return object.Scalar{Type: typ, Text: *o.toString}
	}
	return o.scalar
}

// part reads one child of an Obj.
func (r *xmlReader) part(o *xmlObject, child xml.StartElement) {
	switch child.Name.Local {
	case "TN":
		r.take(mapEntrySize)
		r.each(func(xml.StartElement) {
			r.take(elementSize)
			o.types = append(o.types, strings.TrimPrefix(r.text(), "Deserialized."))
		})
		r.types[attr(child, "RefId")] = o.types
	case "TNRef":
		o.types = r.types[attr(child, "RefId")]
		r.skip()
	case "ToString":
		text := r.text()
		o.toString = &text
	case "Props", "MS":
		r.properties(o)
	case "LST", "QUE", "STK", "IE":
		r.list(o)
	case "DCT":
		r.table(o)
	default:
		o.scalar, _ = r.value(child)
	}
}

func (r *xmlReader) properties(o *xmlObject) {
	r.each(func(child xml.StartElement) {
		line := r.line()
		v, keep := r.value(child)
		name := unescapeXML(attr(child, "N"))
		if !keep || name == "" {
			return
		}
		r.take(propertySize + mapEntrySize)
		before := o.object.Len()
		o.object.Set(name, v)
		if o.object.Len() > before { // MS may repeat what Props has
			o.lines = append(o.lines, line)
		}
	})
}

func (r *xmlReader) list(o *xmlObject) {
	o.list = &object.List{}
	var lines []int
	r.each(func(child xml.StartElement) {
		line := r.line()
		if v, keep := r.value(child); keep {
			o.list.Items = append(o.list.Items, v)
			lines = append(lines, line)
		}
	})
	r.doc.note(o.list, lines)
}

func (r *xmlReader) table(o *xmlObject) {
	o.table = &object.Table{}
	r.each(func(xml.StartElement) {
		var key, value object.Value
		r.each(func(child xml.StartElement) {
			v, _ := r.value(child)
			if attr(child, "N") == "Key" {
				key = v
			} else {
				value = v
			}
		})
		r.take(propertySize + mapEntrySize)
		o.table.Set(object.Text(key), value)
	})
}
