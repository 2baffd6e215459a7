package tracking

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLine bounds a line that is read, in bytes.
const maxLine = 4 << 20

// A LineError says which line of a log isn't a row, and why.
type LineError struct {
	Line int
	Err  error
}

// Error returns the line and the reason.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns Err.
func (e *LineError) Unwrap() error { return e.Err }

// Read yields the rows of a message tracking log, of this server or of any edition of Exchange since 2007. The
// line #Fields says which fields there are, in any order and case; those that aren't known are left out. Without
// such a line the number of fields says which edition it is. A line that can't be read is a *LineError, and the
// rows after it follow; another error ends the log.
func Read(r io.Reader) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		p := parser{lines: bufio.NewReaderSize(r, 64<<10)}
		for {
			row, err := p.next()
			if err == io.EOF {
				return
			}
			if row == nil && err == nil {
				continue
			}
			if !yield(row, err) || err != nil && !errors.As(err, new(*LineError)) {
				return
			}
		}
	}
}

// parser reads a log line by line, so that a damaged line costs no other.
type parser struct {
	lines   *bufio.Reader
	line    int
	columns []*field     // by column; nil: an unknown field
	quoted  bufio.Reader // of a line with quotes
}

// next reads one line. Lines that aren't rows give nil.
func (p *parser) next() (*Row, error) {
	text, err := p.read()
	if err != nil {
		return nil, err
	}
	if p.line == 1 {
		text = strings.TrimPrefix(text, "\ufeff")
	}
	if name, value, _ := strings.Cut(text, ":"); strings.HasPrefix(text, "#") {
		if strings.EqualFold(name, "#Fields") {
			p.columns = columnsOf(strings.Split(value, ","))
		}
		return nil, nil
	}
	if text == "" {
		return nil, nil
	}
	row, err := p.row(text)
	if err != nil {
		return nil, &LineError{p.line, err}
	}
	return row, nil
}

var errLongLine = errors.New("the line is too long")

// read reads a line without its end. A line that is too long is an error, and is skipped.
func (p *parser) read() (string, error) {
	p.line++
	var line []byte
	for {
		part, err := p.lines.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && (err != io.EOF || len(line) == 0):
			return "", err
		case len(line) > maxLine:
			return "", &LineError{p.line, errLongLine}
		}
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}

// columnsOf returns the fields of columns with these names.
func columnsOf(names []string) []*field {
	columns := make([]*field, len(names))
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if k := slices.IndexFunc(fields, func(f field) bool { return f.name == name }); k >= 0 {
			columns[i] = &fields[k]
		}
	}
	return columns
}

// The fields that earlier editions don't have.
const (
	newIn2010 = "directionality,tenant-id,original-client-ip,original-server-ip,custom-data"
	newIn2013 = "network-message-id,transport-traffic-type,log-id,schema-version"
)

// byCount returns the fields of a log without a line #Fields; nil if no edition has so many.
func byCount(n int) []*field {
	absent := map[int]string{30: "", 26: newIn2013, 21: newIn2010 + "," + newIn2013}
	without, ok := absent[n]
	if !ok {
		return nil
	}
	var columns []*field
	for i := range fields {
		if !slices.Contains(strings.Split(without, ","), fields[i].name) {
			columns = append(columns, &fields[i])
		}
	}
	return columns
}

// cells returns the values of a line. Most lines have no quotes, which is far quicker.
func (p *parser) cells(text string) ([]string, error) {
	if !strings.Contains(text, `"`) {
		return strings.Split(text, ","), nil
	}
	p.quoted.Reset(strings.NewReader(text))
	c := csv.NewReader(&p.quoted)
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	return c.Read()
}

// row reads the values of a line.
func (p *parser) row(text string) (*Row, error) {
	cells, err := p.cells(text)
	if err != nil {
		return nil, errors.New("not comma-separated values")
	}
	columns := p.columns
	if columns == nil {
		columns = byCount(len(cells))
	}
	switch {
	case columns == nil:
		return nil, fmt.Errorf("%d values, and no line #Fields before", len(cells))
	case len(cells) != len(columns):
		return nil, fmt.Errorf("%d values for %d fields", len(cells), len(columns))
	}
	row := new(Row)
	for i, f := range columns {
		switch {
		case f == nil || cells[i] == "":
		case f.text != nil:
			*f.text(row) = cells[i]
		default:
			if err := f.set(row, cells[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
		}
	}
	if row.Timestamp.IsZero() {
		return nil, errors.New("date-time: no time")
	}
	row.align()
	return row, nil
}

// setTime sets the time.
func (r *Row) setTime(text string) error {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("%q is not a time such as 2026-11-30T09:14:00.000Z", cut(text, 40))
	}
	r.Timestamp = t.UTC()
	return nil
}

// setRecipients sets the recipients.
func (r *Row) setRecipients(text string) error {
	r.Recipients = strings.Split(text, ";")
	return nil
}

// setStatus sets the status of the recipients.
func (r *Row) setStatus(text string) error {
	r.RecipientStatus = strings.Split(text, ";")
	return nil
}

// align makes one status of several that aren't one for each recipient.
func (r *Row) align() {
	if n := len(r.RecipientStatus); n > 1 && n != len(r.Recipients) {
		r.RecipientStatus = []string{strings.Join(r.RecipientStatus, ";")}
	}
}

// setBytes sets the size.
func (r *Row) setBytes(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", cut(text, 40))
	}
	r.TotalBytes = n
	return nil
}

// setCount sets the number of recipients.
func (r *Row) setCount(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not a number", cut(text, 40))
	}
	r.RecipientCount = n
	return nil
}
