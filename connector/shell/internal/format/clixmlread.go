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
	text, err := Decode(name, data)
	if err != nil {
		return nil, err
	}
	r := &xmlReader{
		doc:     rd.document(name),
		decoder: xml.NewDecoder(&quoteCounter{rest: text}),
		objects: make(map[string]xmlShared),
		types:   make(map[string][]string),
	}
	r.decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // Decode did it
	return r.doc, r.document()
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
func (r *xmlReader) take(n int) error { return r.doc.take(n, r.line()) }

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

func (r *xmlReader) fail(format string, args ...any) error {
	return fail(r.doc.Name, r.line(), format, args...)
}

// token returns the next token that matters.
func (r *xmlReader) token() (xml.Token, error) {
	for {
		token, err := r.decoder.Token()
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		case errors.Is(err, errAttributes):
			return nil, r.fail("an element has more than %d attributes", maxQuotes/2)
		case errors.As(err, &syntax):
			return nil, r.fail("this isn't XML: %s", syntax.Msg)
		case err != nil:
			return nil, r.fail("this isn't XML: %v", err)
		}
		switch token.(type) {
		case xml.Directive:
			return nil, r.fail("a document type isn't accepted; Export-Clixml writes none")
		case xml.Comment, xml.ProcInst:
			continue
		}
		return token, nil
	}
}

func (r *xmlReader) document() error {
	root := false
	for {
		token, err := r.token()
		if errors.Is(err, io.EOF) {
			if !root {
				return r.fail("there is no <Objs>; is this from Export-Clixml?")
			}
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case root || start.Name.Local != "Objs":
			return r.fail("<%s> stands where <Objs> of Export-Clixml must", start.Name.Local)
		default:
			root = true
			err := r.each(func(child xml.StartElement) error {
				v, keep, err := r.value(child)
				if keep {
					r.doc.Values = append(r.doc.Values, v)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
	}
}

// each calls f for the child elements of the open element, up to its end. f
// must read its element to the end.
func (r *xmlReader) each(f func(xml.StartElement) error) error {
	if r.depth++; r.depth > maxDepth {
		return r.fail("nested more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	for {
		token, err := r.token()
		if err != nil {
			return r.early(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := f(token); err != nil {
				return err
			}
		}
	}
}

func (r *xmlReader) early(err error) error {
	if errors.Is(err, io.EOF) {
		return r.fail("the XML text ends too early")
	}
	return err
}

// text returns the characters of the open element up to its end.
func (r *xmlReader) text() (string, error) {
	var b strings.Builder
	for {
		token, err := r.token()
		if err != nil {
			return "", r.early(err)
		}
		switch token := token.(type) {
		case xml.CharData:
			b.Write(token)
		case xml.EndElement:
			return unescapeXML(b.String()), nil
		case xml.StartElement:
			return "", r.fail("<%s> stands within a text", token.Name.Local)
		}
	}
}

// skip reads to the end of the open element.
func (r *xmlReader) skip() error {
	return r.each(func(xml.StartElement) error { return r.skip() })
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
func (r *xmlReader) value(start xml.StartElement) (v object.Value, keep bool, err error) {
	r.values++
	if err := r.take(elementSize); err != nil {
		return nil, false, err
	}
	switch start.Name.Local {
	case "Nil":
		return nil, true, r.skip()
	case "SS": // protected by a key of the machine that wrote it
		return nil, false, r.skip()
	case "Ref":
		known := r.objects[attr(start, "RefId")]
		r.values += known.size
		if r.shared += known.size; r.shared > maxNodes {
			return nil, false, r.fail("the references of this file stand for more than %d values", maxNodes)
		}
		return known.value, true, r.skip()
	case "Obj":
		before := r.values
		v, err := r.object(start)
		if id := attr(start, "RefId"); id != "" && err == nil {
			if err := r.take(mapEntrySize); err != nil {
				return nil, false, err
			}
			r.objects[id] = xmlShared{v, r.values - before + 1}
		}
		return v, true, err
	}
	text, err := r.text()
	return scalar(start.Name.Local, text), true, err
}

// xmlObject is what an Obj element holds.
type xmlObject struct {
	types    []string
	toString *string
	scalar   object.Value
	list     *object.List
	table    *object.Table
	object   *object.Object
	lines    []int
}

func (r *xmlReader) object(start xml.StartElement) (object.Value, error) {
	if err := r.take(2 * objectSize); err != nil {
		return nil, err
	}
	o := &xmlObject{object: &object.Object{}, lines: []int{r.line()}}
	if err := r.each(func(child xml.StartElement) error { return r.part(o, child) }); err != nil {
		return nil, err
	}
	typ := ""
	if len(o.types) > 0 {
		typ = shortName(o.types[0])
	}
	isEnum := slices.ContainsFunc(o.types, func(t string) bool { return strings.HasSuffix(t, "System.Enum") })
	text, isText := o.scalar.(string)
	switch {
	case o.list != nil:
		return o.list, nil
	case o.table != nil:
		return o.table, nil
	case isEnum && o.toString != nil:
		return object.Flags{Type: typ, Text: *o.toString}, nil
	case isText:
		return text, nil
	case o.object.Len() > 0 || o.toString == nil && o.scalar == nil:
		o.object.Type = typ
		if o.toString != nil {
			o.object.Text = *o.toString
		}
		r.doc.note(o.object, o.lines)
		return o.object, nil
	case o.toString != nil:
		return object.Scalar{Type: typ, Text: *o.toString}, nil
	}
	return o.scalar, nil
}

// part reads one child of an Obj.
func (r *xmlReader) part(o *xmlObject, child xml.StartElement) error {
	switch child.Name.Local {
	case "TN":
		if err := r.take(mapEntrySize); err != nil {
			return err
		}
		err := r.each(func(xml.StartElement) error {
			if err := r.take(elementSize); err != nil {
				return err
			}
			name, err := r.text()
			o.types = append(o.types, strings.TrimPrefix(name, "Deserialized."))
			return err
		})
		r.types[attr(child, "RefId")] = o.types
		return err
	case "TNRef":
		o.types = r.types[attr(child, "RefId")]
		return r.skip()
	case "ToString":
		text, err := r.text()
		o.toString = &text
		return err
	case "Props", "MS":
		return r.properties(o)
	case "LST", "QUE", "STK", "IE":
		return r.list(o)
	case "DCT":
		return r.table(o)
	}
	v, _, err := r.value(child)
	o.scalar = v
	return err
}

func (r *xmlReader) properties(o *xmlObject) error {
	return r.each(func(child xml.StartElement) error {
		line := r.line()
		v, keep, err := r.value(child)
		name := unescapeXML(attr(child, "N"))
		if err != nil || !keep || name == "" {
			return err
		}
		if err := r.take(propertySize + mapEntrySize); err != nil {
			return err
		}
		before := o.object.Len()
		o.object.Set(name, v)
		if o.object.Len() > before { // MS may repeat what Props has
			o.lines = append(o.lines, line)
		}
		return nil
	})
}

func (r *xmlReader) list(o *xmlObject) error {
	o.list = &object.List{}
	var lines []int
	err := r.each(func(child xml.StartElement) error {
		line := r.line()
		v, keep, err := r.value(child)
		if keep {
			o.list.Items = append(o.list.Items, v)
			lines = append(lines, line)
		}
		return err
	})
	r.doc.note(o.list, lines)
	return err
}

func (r *xmlReader) table(o *xmlObject) error {
	o.table = &object.Table{}
	return r.each(func(entry xml.StartElement) error {
		var key, value object.Value
		err := r.each(func(child xml.StartElement) error {
			v, _, err := r.value(child)
			if attr(child, "N") == "Key" {
				key = v
			} else {
				value = v
			}
			return err
		})
		if err == nil {
			err = r.take(propertySize + mapEntrySize)
		}
		o.table.Set(object.Text(key), value)
		return err
	})
}
