package format

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// ParseCSV is CSV of the zero Reader.
func ParseCSV(name string, data []byte) (*Document, error) { return Reader{}.CSV(name, data) }

// CSV reads what Export-Csv writes: a #TYPE line or none, a header unless one is
// given, rows. The delimiter is the one that the first row has, unless it is given: a
// comma, a semicolon or a tab. Each value is a string, or nil where a cell is missing,
// or is empty without quotes unless EmptyCells.
func (rd Reader) CSV(name string, data []byte) (*Document, error) {
	return rd.read(name, data, func(d *Document, text string) {
		r := &csvReader{doc: d, text: text, line: 1, most: maxColumns, empty: rd.EmptyCells}
		typ := r.typeLine()
		if r.delimiter = rd.Delimiter; r.delimiter == 0 {
			r.delimiter = delimiterOf(r.text)
		}
		names := r.names(rd.Header)
		r.most, r.why = len(names), ", as many as the header has"
		shape := object.NewShape(names...)
		for row, at := r.row(); row != nil; row, at = r.row() {
			r.addRow(shape, typ, len(names), row, at)
		}
	})
}

// maxColumns is how many columns a header may have.
const maxColumns = 100_000

// names returns the names of the columns: those that are given, or those of the
// first row.
func (r *csvReader) names(given []string) []string {
	line := r.line
	if given == nil {
		var header []csvCell
		if header, line = r.row(); header == nil {
			r.doc.stop(r.line, "there is no header")
		}
		for _, cell := range header {
			given = append(given, cell.text)
		}
	}
	names := make([]string, len(given))
	seen := make(map[string]bool, len(given))
	for i, name := range given {
		// select { $_.Name } | Export-Csv makes headings of script blocks.
		names[i] = strings.TrimPrefix(strings.TrimSpace(name), "$_.")
		if names[i] == "" {
			r.doc.stop(line, "column %d of the header has no name", i+1)
		}
		key := strings.ToLower(names[i])
		if seen[key] {
			r.doc.stop(line, "the header has %q twice", names[i])
		}
		seen[key] = true
	}
	return names
}

// addRow makes an object of a row of as many columns as the header has; the names
// are the shape's.
func (r *csvReader) addRow(shape *object.Shape, typ string, columns int, row []csvCell, line int) {
	several := slices.ContainsFunc(row, func(cell csvCell) bool { return cell.line != line })
	size := objectSize + columns*valueSize
	if several {
		size += columns * valueSize
	}
	r.doc.take(size, line)
	values := make([]object.Value, columns)
	lines := []int{line}
	for i := range columns {
		at := line
		if i < len(row) {
			if at = row[i].line; row[i].text != "" || row[i].quoted || r.empty {
				values[i] = row[i].text
			}
		}
		if several {
			lines = append(lines, at)
		}
	}
	o := shape.Object(typ, values)
	r.doc.Values = append(r.doc.Values, o)
	r.doc.note(o, lines)
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
	doc       *Document
	text      string // what isn't read yet
	delimiter byte
	line      int
	empty     bool      // a cell may be the empty string without quotes
	most      int       // cells of a row
	why       string    // there may be no more
	cells     []csvCell // of the last row, whose place the next one takes
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
func (r *csvReader) row() ([]csvCell, int) {
	for {
		switch {
		case r.text == "":
			return nil, r.line
		case strings.HasPrefix(r.text, "\r\n"):
			r.text = r.text[2:]
		case r.text[0] == '\n':
			r.text = r.text[1:]
		default:
			at := r.line
			return r.readCells(), at
		}
		r.line++
	}
}

func (r *csvReader) readCells() []csvCell {
	at := r.line
	row := r.cells[:0]
	defer func() { r.cells = row }()
	for {
		if len(row) == r.most {
			r.doc.stop(at, "the row has more than %d cells%s", r.most, r.why)
		}
		if len(row) == cap(row) {
			r.doc.take(2*elementSize*(len(row)+1), at)
		}
		row = append(row, r.cell())
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
		return row
	}
}

// cell takes one cell and leaves the delimiter or line end after it.
func (r *csvReader) cell() csvCell {
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
		return cell
	}
	cell.quoted = true
	var b strings.Builder
	for r.text = r.text[1:]; ; {
		end := strings.IndexByte(r.text, '"')
		if end < 0 {
			r.doc.stop(cell.line, "a cell begins with a quote here and never ends")
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
		r.doc.stop(r.line, "after the closing quote of a cell there must be a %q or the end of the line", r.delimiter)
	}
	return cell
}
