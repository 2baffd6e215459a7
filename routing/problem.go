package routing

import (
	"fmt"
	"strings"
)

// Problem is one mistake in the input of [NewTable] or [NewAccepted].
type Problem struct {
	List   string // "Accepted", "Local", "Servers", "Links" or "Connectors"
	Index  int    // place within List; meaningless for "Local"
	Field  string // field of the element: "DomainName", "Spaces", …; "" if all of it
	Item   int    // place within Field if that is a list, otherwise -1
	Detail string // what is wrong, and what would be right
}

// Path returns where the mistake is, such as "Connectors[3].Spaces[0]".
func (p Problem) Path() string {
	if p.List == "Local" {
		return p.List
	}
	path := fmt.Sprintf("%s[%d]", p.List, p.Index)
	if p.Field != "" {
		path += "." + p.Field
	}
	if p.Item >= 0 {
		path += fmt.Sprintf("[%d]", p.Item)
	}
	return path
}

// Problems is the error that NewTable and NewAccepted return: all mistakes at
// once, in the order of the input.
type Problems []Problem

// Error returns one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Path() + ": " + problem.Detail
	}
	return strings.Join(lines, "\n")
}

// add appends a problem of a field that is not a list.
func (p *Problems) add(list string, index int, field, format string, args ...any) {
	*p = append(*p, Problem{list, index, field, -1, fmt.Sprintf(format, args...)})
}

// addItem appends a problem of one element of a field.
func (p *Problems) addItem(list string, index int, field string, item int, detail string) {
	*p = append(*p, Problem{list, index, field, item, detail})
}

// err returns p as an error, or nil if p is empty.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
