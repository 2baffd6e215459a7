package format

import (
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// minColumn is the width below which a column is of no use.
const minColumn = 4

// Table writes values as Format-Table -AutoSize does: a heading, a rule, a line
// for each object. If the columns don't fit, the widest give way, and what they
// hold ends in an ellipsis; columns for which no room is left are dropped from
// the right. With no columns, those of the first object are taken. A value that
// isn't an object is a line of its own.
func Table(w io.Writer, values []object.Value, columns []string, o Options) error {
	headings := columns
	if len(columns) == 0 {
		columns, headings = columnsOf(values)
	}
	rows, right := cells(values, columns, o)
	widths := make([]int, len(columns))
	for i, name := range headings {
		if !o.Headless {
			widths[i] = width(name)
		}
		for _, row := range rows {
			if row.cells != nil {
				widths[i] = max(widths[i], width(row.cells[i]))
			}
		}
	}
	widths = fit(widths, o.Width)
	p := &tablePrinter{w: w, widths: widths, right: right}
	heading := false
	for _, row := range rows {
		if row.cells == nil {
			p.raw(row.text)
			continue
		}
		if !heading {
			heading = true
			p.raw("")
			if !o.Headless {
				p.row(headings)
				p.rule(headings)
			}
		}
		p.row(row.cells)
	}
	if heading {
		p.raw("")
	}
	return p.err
}

// columnsOf are the columns of the first object, its own choice or all of its
// properties, and what stands over them.
func columnsOf(values []object.Value) (columns, headings []string) {
	for _, v := range values {
		if obj, ok := v.(*object.Object); ok {
			columns, headings = obj.Columns, obj.Headings
			if len(columns) == 0 {
				columns = obj.Names()
			}
			if len(headings) != len(columns) {
				headings = columns
			}
			return columns, headings
		}
	}
	return nil, nil
}

type tableRow struct {
	cells []string // nil: not an object
	text  string
}

// cells are the texts of a table, and which columns hold numbers only, which
// stand at the right.
func cells(values []object.Value, columns []string, o Options) (rows []tableRow, right []bool) {
	rows = make([]tableRow, len(values))
	right = slices.Repeat([]bool{true}, len(columns))
	for i, v := range values {
		obj, ok := v.(*object.Object)
		if !ok {
			rows[i].text = plain(object.Text(v))
			continue
		}
		rows[i].cells = make([]string, len(columns))
		for j, name := range columns {
			value, _ := obj.Get(name)
			switch value.(type) {
			case int64, float64, nil:
			default:
				right[j] = false
			}
			rows[i].cells[j] = strings.ReplaceAll(o.display(value), "\n", " ")
		}
	}
	return rows, right
}

// fit narrows the widest columns until a line has at most total characters.
func fit(widths []int, total int) []int {
	widths = slices.Clone(widths)
	if total <= 0 {
		return widths
	}
	for len(widths) > 1 && len(widths)*(minColumn+1)-1 > total {
		widths = widths[:len(widths)-1]
	}
	sum := len(widths) - 1
	for _, n := range widths {
		sum += n
	}
	for sum > total {
		widest := slices.Max(widths)
		if widest <= 1 {
			break
		}
		// All of the widest go down to the next width at once, because a cell
		// may hold a megabyte.
		next, ties := 1, 0
		for _, n := range widths {
			if n == widest {
				ties++
			} else {
				next = max(next, n)
			}
		}
		cut := min(widest-next, (sum-total+ties-1)/ties)
		for i := range widths {
			if widths[i] == widest && sum > total {
				step := min(cut, sum-total)
				widths[i] -= step
				sum -= step
			}
		}
	}
	return widths
}

// tablePrinter writes lines and keeps the first error.
type tablePrinter struct {
	w      io.Writer
	widths []int
	right  []bool
	err    error
}

func (p *tablePrinter) raw(line string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, line+"\n")
	}
}

func (p *tablePrinter) row(cells []string) {
	var b strings.Builder
	for i, n := range p.widths {
		if i > 0 {
			b.WriteByte(' ')
		}
		cell := clip(cells[i], n)
		pad := strings.Repeat(" ", n-width(cell))
		if p.right[i] {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	p.raw(strings.TrimRight(b.String(), " "))
}

// rule underlines each heading for its own length, as PowerShell does.
func (p *tablePrinter) rule(columns []string) {
	marks := make([]string, len(columns))
	for i, name := range columns {
		marks[i] = strings.Repeat("-", width(name))
	}
	p.row(marks)
}

// clip cuts s to n characters and marks the cut.
func clip(s string, n int) string {
	if width(s) <= n {
		return s
	}
	if n < minColumn {
		return s[:offsetOf(s, n)]
	}
	return s[:offsetOf(s, n-3)] + "..."
}
