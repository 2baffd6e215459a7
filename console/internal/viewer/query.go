package viewer

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of a query.
const (
	MaxExpressions = 10
	MaxPerPage     = 1000
	perPage        = 100
	maxValue       = 1024 // bytes
)

// Operator compares a property with a value.
type Operator struct {
	Name  string // in the shell
	Label string
}

// Operators are the operators of expressions. They must not be changed.
var Operators = []Operator{
	{"eq", "Equals"}, {"ne", "Does not equal"}, {"like", "Contains"}, {"notlike", "Does not contain"},
	{"gt", "Greater than"}, {"ge", "Greater than or equal"}, {"lt", "Less than"}, {"le", "Less than or equal"},
}

// Expression is a condition of a filter.
type Expression struct{ Property, Operator, Value string }

// Query says which rows of type T a viewer wants to see. The zero Query is the first page of all rows, as they come.
type Query[T any] struct {
	Expressions []Expression // all of which are true for a row
	Sort        string       // the property by which rows are sorted; "": as they come
	Descending  bool
	PerPage     int // rows; 0: 100
	Page        int // from 1; 0: 1

	conditions []func(*T) bool
	by         *Property[T]
}

// An ExpressionError says which expression is wrong, and why.
type ExpressionError struct {
	Index int // in Query.Expressions, from 0
	Text  string
}

// Error says which expression is wrong, and why.
func (e *ExpressionError) Error() string {
	return fmt.Sprintf("line %d: %s", e.Index+1, e.Text)
}

// ParseQuery reads a query from the parameters of an address: p, o and v are the property, operator and value of each
// expression, sort is a property, with a minus in front for descending order, n the rows on a page, page its number.
// Expressions without a value are left out. After an *ExpressionError the query has all expressions, to be corrected, but
// selects nothing.
func ParseQuery[T any](properties []Property[T], values url.Values) (*Query[T], error) {
	q := &Query[T]{PerPage: perPage, Page: 1}
	if n, err := strconv.Atoi(values.Get("n")); err == nil {
		q.PerPage = min(max(n, 1), MaxPerPage)
	}
	if n, err := strconv.Atoi(values.Get("page")); err == nil {
		q.Page = min(max(n, 1), MaxLooked)
	}
	name, descending := strings.CutPrefix(values.Get("sort"), "-")
	if q.by = find(properties, name); q.by != nil {
		q.Sort, q.Descending = name, descending
	}
	ps, os, vs := values["p"], values["o"], values["v"]
	for i := range min(len(ps), len(os), len(vs), MaxExpressions) {
		if vs[i] != "" {
			q.Expressions = append(q.Expressions, Expression{ps[i], os[i], vs[i]})
		}
	}
	for i, e := range q.Expressions {
		match, err := condition(properties, e)
		if err != nil {
			q.conditions = []func(*T) bool{func(*T) bool { return false }}
			return q, &ExpressionError{i, err.Error()}
		}
		q.conditions = append(q.conditions, match)
	}
	return q, nil
}

// Values returns the parameters from which ParseQuery makes the query.
func (q *Query[T]) Values() url.Values {
	v := make(url.Values)
	for _, e := range q.Expressions {
		v.Add("p", e.Property)
		v.Add("o", e.Operator)
		v.Add("v", e.Value)
	}
	if q.Sort != "" {
		v.Set("sort", q.order())
	}
	if q.PerPage != perPage {
		v.Set("n", strconv.Itoa(q.PerPage))
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	return v
}

// order returns the parameter sort.
func (q *Query[T]) order() string {
	if q.Descending {
		return "-" + q.Sort
	}
	return q.Sort
}

// Matches reports whether a row is one that the filter wants.
func (q *Query[T]) Matches(row *T) bool {
	for _, is := range q.conditions {
		if !is(row) {
			return false
		}
	}
	return true
}

// compare compares rows in the order of the query.
func (q *Query[T]) compare(a, b *T) int {
	if q.Descending {
		a, b = b, a
	}
	return q.by.compare(a, b)
}

// condition returns the meaning of an expression.
func condition[T any](properties []Property[T], e Expression) (func(*T) bool, error) {
	p := find(properties, e.Property)
	if p == nil {
		return nil, fmt.Errorf("there is no property %q", e.Property)
	}
	if !slices.ContainsFunc(Operators, func(o Operator) bool { return o.Name == e.Operator }) {
		return nil, fmt.Errorf("there is no operator %q", e.Operator)
	}
	if len(e.Value) > maxValue {
		return nil, fmt.Errorf("the value of %s has more than %d bytes", p.Label, maxValue)
	}
	if p.Kind == Text {
		return textCondition(p, e)
	}
	if strings.HasSuffix(e.Operator, "like") {
		return nil, fmt.Errorf("%s is compared as a number or time; choose Equals, Greater than or Less than", p.Label)
	}
	if p.Kind == Time {
		want, err := ParseTime(e.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Label, err)
		}
		return func(row *T) bool {
			t := p.time(row)
			if t.IsZero() {
				return e.Operator == "ne"
			}
			return holds(e.Operator, t.Compare(want))
		}, nil
	}
	want, err := strconv.ParseInt(e.Value, 10, 53)
	if err != nil || want < 0 {
		return nil, fmt.Errorf("%s: %q is not a whole number of 0 or more", p.Label, e.Value)
	}
	if p.Kind == Size {
		want *= 1024
	}
	return func(row *T) bool {
		have := p.number(row)
		switch {
		case have < want:
			return holds(e.Operator, -1)
		case have > want:
			return holds(e.Operator, 1)
		}
		return holds(e.Operator, 0)
	}, nil
}

// textCondition returns the meaning of an expression about a text. Case doesn't matter.
func textCondition[T any](p *Property[T], e Expression) (func(*T) bool, error) {
	want := strings.ToLower(e.Value)
	switch e.Operator {
	case "eq", "ne":
		return func(row *T) bool { return (strings.ToLower(p.text(row)) == want) == (e.Operator == "eq") }, nil
	case "like", "notlike":
		return func(row *T) bool {
			return strings.Contains(strings.ToLower(p.text(row)), want) == (e.Operator == "like")
		}, nil
	}
	return nil, fmt.Errorf("%s is a text; choose Equals, Does not equal, Contains or Does not contain", p.Label)
}

// holds reports whether an operator is true for the order of two values.
func holds(operator string, order int) bool {
	switch operator {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

// ParseTime reads a time as browsers send it, in UTC.
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-11-30 09:14, in UTC", text)
}
