package console

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/viewer"
)

// viewerList is the data that the pages of queues and messages share: the filter, the columns and the page.
type viewerList struct {
	Page        string // its address
	Query       string // the parameters of the shown list, to return to it
	Filter      filterForm
	Columns     []column
	First, Last int // numbers of the rows on the page
	Found       int
	Cut, Deep   bool   // there are more messages than Looked; the page lies beyond Sorted
	Looked      int    // how many messages are looked at
	Sorted      int    // how many rows a sorted list has at most
	Previous    string // the address of the page before; "": none
	Next        string
	Export      string
	Gone        *noGateway // nil: the gateway has answered
}

// column is a column of a list. Its heading sorts the list.
type column struct {
	Label string
	Href  string
	Sort  string // aria-sort: ascending, descending; "": the list isn't sorted by it
}

// filterForm is the form in which the expressions of a filter are edited.
type filterForm struct {
	Rows       []filterRow
	Properties []filterProperty
	Operators  []viewer.Operator
	PerPage    int
	Sort       string
	Problem    string // the first expression that is wrong
	Active     bool   // there are expressions
	More       bool   // an empty one was asked for
	Full       bool   // there can't be more of them
}

type filterRow struct {
	Number                    int
	Property, Operator, Value string
	Wrong                     bool
}

type filterProperty struct{ Name, Label string }

// newFilterForm returns the form for a query. err is the mistake in its expressions. more asks for an empty one.
func newFilterForm[T any](properties []viewer.Property[T], q *viewer.Query[T], err error, more bool) filterForm {
	f := filterForm{Operators: viewer.Operators, PerPage: q.PerPage, More: more, Sort: q.Values().Get("sort"), Active: len(q.Expressions) > 0, Full: len(q.Expressions) >= viewer.MaxExpressions}
	for _, p := range properties {
		f.Properties = append(f.Properties, filterProperty{p.Name, p.Label})
	}
	for i, e := range q.Expressions {
		f.Rows = append(f.Rows, filterRow{Number: i + 1, Property: e.Property, Operator: e.Operator, Value: e.Value})
	}
	if wrong := new(viewer.ExpressionError); errors.As(err, &wrong) {
		f.Problem = "The filter can't be used, " + wrong.Error() + "."
		f.Rows[wrong.Index].Wrong = true
	}
	if (more || len(f.Rows) == 0) && !f.Full {
		f.Rows = append(f.Rows, filterRow{Number: len(f.Rows) + 1, Operator: viewer.Operators[0].Name})
	}
	return f
}

// newViewerList returns the list on a page, without its rows. columns is how many of the properties have columns.
func newViewerList[T any](r *request, page string, properties []viewer.Property[T], columns int, q *viewer.Query[T], wrong error) viewerList {
	l := viewerList{Page: page, Query: q.Values().Encode(), Filter: newFilterForm(properties, q, wrong, r.FormValue("add") != ""), Looked: viewer.MaxLooked, Sorted: viewer.MaxSorted}
	l.Export = r.c.base + address(page+".csv", q.Values())
	for i := range properties[:columns] {
		p := &properties[i]
		v := q.Values()
		v.Del("page")
		v.Set("sort", p.Name)
		c := column{Label: p.Label}
		if q.Sort == p.Name {
			c.Sort = "descending"
			if !q.Descending {
				c.Sort = "ascending"
				v.Set("sort", "-"+p.Name)
			}
		}
		c.Href = r.c.base + address(page, v)
		l.Columns = append(l.Columns, c)
	}
	return l
}

// paged adds the numbers of a page, and the links to its neighbours.
func paged[T any](r *request, l *viewerList, q *viewer.Query[T], p *viewer.Page[T]) {
	l.First, l.Last, l.Found, l.Cut, l.Deep = p.First, p.First+len(p.Rows)-1, p.Found, p.Cut, p.Deep
	at := func(n int) string {
		v := q.Values()
		v.Set("page", fmt.Sprint(n))
		return r.c.base + address(l.Page, v)
	}
	if q.Page > 1 {
		l.Previous = at(q.Page - 1)
	}
	if p.More {
		l.Next = at(q.Page + 1)
	}
}

// sendCSV answers with rows as a file, after a row of headings.
func (r *request) sendCSV(name string, headings []string, rows func(add func(cells ...string))) error {
	r.download(name, "text/csv; charset=utf-8")
	out := csv.NewWriter(r.w)
	_ = out.Write(headings) // Error has it
	rows(func(cells ...string) {
		for i, cell := range cells {
			cells[i] = harmless(cell)
		}
		_ = out.Write(cells)
	})
	out.Flush()
	return out.Error()
}

// harmless returns a cell that no spreadsheet takes for a formula, and in which control characters are visible.
func harmless(cell string) string {
	cell = strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(cell)
	cell = string(visible([]byte(cell)))
	if trimmed := strings.TrimLeft(cell, " \u00a0\u3000"); trimmed != "" && strings.ContainsAny(trimmed[:1], "=+-@") {
		return "'" + cell
	}
	// The full-width forms count as formulas in some spreadsheets.
	for _, wide := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(cell, wide) {
			return "'" + cell
		}
	}
	return cell
}

// exactTime prints a time for programs; "" for the zero time.
func exactTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// badFilter returns the error page for an action on what a wrong filter selects.
func badFilter(err error) error {
	return &problem{status: http.StatusBadRequest, text: "The filter is wrong: " + err.Error() + ".", fix: "Correct it on the page of the list; nothing was changed."}
}
