package routing

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/source"
)

// problems collects the mistakes of one table, in the order of the input.
type problems source.Diagnostics

// add appends a mistake in a field that is not a list. A list of "Local" is the
// Topology's Local.
func (p *problems) add(list source.Path, index int, field source.Path, format string, args ...any) {
	path := list
	if list != "Local" {
		path = list.Index(index).Field(field)
	}
	p.at(path, fmt.Sprintf(format, args...))
}

// addItem appends a mistake in one element of a field.
func (p *problems) addItem(list source.Path, index int, field source.Path, item int, detail string) {
	p.at(list.Index(index).Field(field).Index(item), detail)
}

func (p *problems) at(path source.Path, detail string) {
	*p = append(*p, source.Diagnostic{Severity: source.SeverityError, Path: path, Detail: detail})
}

// err returns p as an error, nil if it is empty.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return source.Diagnostics(p)
}
