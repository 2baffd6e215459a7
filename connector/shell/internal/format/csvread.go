package format

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// ParseCSV reads what Export-Csv writes: a #TYPE line or none, a header, rows.
// The delimiter is the one that the header has: a comma, a semicolon or a tab.
// Each value is a string, or nil where a cell is empty without quotes.
func ParseCSV(name string, data []byte) (*Document, error) { return ParseCSVBy(0, name, data) }

// ParseCSVBy is ParseCSV with a delimiter, which is an ASCII character; 0 is the
// one that the header has.
func ParseCSVBy(delimiter byte, name string, data []byte) (*Document, error) {
	text, err := Decode(name, data)
	if err != nil {
		return nil, err
	}
	r := &csvReader{name: name, text: text, line: 1}
	typ := r.typeLine()
	if r.delimiter = delimiter; delimiter == 0 {
		r.delimiter = delimiterOf(r.text)
	}
	header, at, err := r.row()
	if err != nil {
		return nil, err
	}
	if header == nil {
		return nil, fail(name, r.line, "there is no header")
	}
	names, err := headerNames(name, at, header)
	if err != nil {
		return nil, err
	}
	doc := &Document{Name: name}
	for {
		row, at, err := r.row()
		if err != nil {
			return nil, err
		}
		if row == nil {
			return doc, nil
		}
		if len(row) > len(names) {
			return nil, fail(name, at, "the row has %d cells, the header %d", len(row), len(names))
		}
		doc.addRow(typ, names, row, at)
	}
}

func headerNames(file string, line int, header []csvCell) ([]string, error) {
	names := make([]string, len(header))
	seen := make(map[string]bool, len(header))
	for i, cell := range header {
		names[i] = strings.TrimSpace(cell.text)
		if names[i] == "" {
			return nil, fail(file, line, "column %d of the header has no name", i+1)
		}
		if key := strings.ToLower(names[i]); seen[key] {
			return nil, fail(file, line, "the header has %q twice", names[i])
		} else {
			seen[key] = true
		}
	}
	return names, nil
}

func (d *Document) addRow(typ string, names []string, row []csvCell, line int) {
	o := object.NewObject(typ, len(names))
	lines := make([]int, 1, len(names)+1)
	lines[0] = line
	for i, name := range names {
		if i >= len(row) {
			o.Set(name, nil)
			lines = append(lines, line)
			continue
		}
		if cell := row[i]; cell.text == "" && !cell.quoted {
			o.Set(name, nil)
		} else {
			o.Set(name, cell.text)
		}
		lines = append(lines, row[i].line)
	}
	d.Values = append(d.Values, o)
	d.note(o, lines)
}

// delimiterOf is the delimiter of a header: the first candidate outside quotes.
func delimiterOf(text string) byte {
	quoted := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return ','
		case c == ',' || c == ';' || c == '\t':
			return c
		}
	}
	return ','
}

type csvReader struct {
	name, text string
	delimiter  byte
	line       int
}

type csvCell struct {
	text   string
	quoted bool
	line   int
}

// typeLine takes the #TYPE line, if there is one, and returns the type.
func (r *csvReader) typeLine() string {
	if !strings.HasPrefix(r.text, "#TYPE ") {
		return ""
	}
	line, rest, _ := strings.Cut(r.text, "\n")
	r.text = rest
	r.line++
	return shortName(strings.TrimSpace(line[len("#TYPE "):]))
}

// row returns the next row that isn't blank, and its line; nil at the end.
func (r *csvReader) row() ([]csvCell, int, error) {
	for {
		switch {
		case r.text == "":
			return nil, r.line, nil
		case strings.HasPrefix(r.text, "\r\n"):
			r.text = r.text[2:]
		case r.text[0] == '\n':
			r.text = r.text[1:]
		default:
			at := r.line
			row, err := r.cells()
			return row, at, err
		}
		r.line++
	}
}

func (r *csvReader) cells() ([]csvCell, error) {
	var row []csvCell
	for {
		cell, err := r.cell()
		if err != nil {
			return nil, err
		}
		row = append(row, cell)
		switch {
		case r.text != "" && r.text[0] == r.delimiter:
			r.text = r.text[1:]
			continue
		case strings.HasPrefix(r.text, "\r\n"):
			r.text = r.text[2:]
		case r.text != "": // a line feed: cell stops at nothing else
			r.text = r.text[1:]
		}
		r.line++
		return row, nil
	}
}

// cell takes one cell and leaves the delimiter or line end after it.
func (r *csvReader) cell() (csvCell, error) {
	cell := csvCell{line: r.line}
	if !strings.HasPrefix(r.text, `"`) {
		end := strings.IndexAny(r.text, string(r.delimiter)+"\n")
		if end < 0 {
			end = len(r.text)
		}
		cell.text, r.text = r.text[:end], r.text[end:]
		if strings.HasPrefix(r.text, "\n") {
			cell.text = strings.TrimSuffix(cell.text, "\r")
		}
		return cell, nil
	}
	cell.quoted = true
	var b strings.Builder
	for r.text = r.text[1:]; ; {
		end := strings.IndexByte(r.text, '"')
		if end < 0 {
			return cell, fail(r.name, cell.line, "a cell begins with a quote here and never ends")
		}
		b.WriteString(r.text[:end])
		r.line += strings.Count(r.text[:end], "\n")
		r.text = r.text[end+1:]
		if !strings.HasPrefix(r.text, `"`) {
			break
		}
		b.WriteByte('"')
		r.text = r.text[1:]
	}
	cell.text = b.String()
	if r.text != "" && r.text[0] != r.delimiter && r.text[0] != '\n' && !strings.HasPrefix(r.text, "\r\n") {
		return cell, fail(r.name, r.line, "after the closing quote of a cell there must be a %q or the end of the line", r.delimiter)
	}
	return cell, nil
}
