package format

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// CSV returns the lines that ConvertTo-Csv writes, without line ends: a #TYPE
// line if asked for, the header, and a line for each value. The columns are the
// properties of the first object; a value that isn't an object has none of them.
// delimiter is a comma if zero. Cells are quoted, nulls are empty without quotes.
// A list is its elements with ", " between them.
func CSV(values []object.Value, delimiter rune, typeLine bool) []string {
	if len(values) == 0 {
		return nil
	}
	if delimiter == 0 {
		delimiter = ','
	}
	var columns []string
	lines := make([]string, 0, len(values)+2)
	if first, ok := values[0].(*object.Object); ok {
		columns = first.Names()
		if typeLine {
			lines = append(lines, "#TYPE "+fullName(first.Type))
		}
	}
	row := make([]string, len(columns))
	for i, name := range columns {
		row[i] = quoteCell(name)
	}
	lines = append(lines, strings.Join(row, string(delimiter)))
	for _, v := range values {
		obj, _ := v.(*object.Object)
		for i, name := range columns {
			row[i] = ""
			if obj == nil {
				continue
			}
			if cell, ok := obj.Get(name); ok && cell != nil {
				row[i] = quoteCell(cellText(cell))
			}
		}
		lines = append(lines, strings.Join(row, string(delimiter)))
	}
	return lines
}

func cellText(v object.Value) string {
	l, ok := v.(*object.List)
	if !ok {
		return object.Text(v)
	}
	parts := make([]string, len(l.Items))
	for i, item := range l.Items {
		parts[i] = object.Text(object.NewList(item))
	}
	return strings.Join(parts, ", ")
}

func quoteCell(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
