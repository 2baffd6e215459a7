package routing

import "github.com/interchange-smtp/interchange/connector/source"

// The codes of the mistakes that NewAccepted and NewTable report, beside those of
// package source.
const (
	CodeAcceptedDomain source.Code = "accepted-domain"
	CodeSiteLink       source.Code = "site-link"
	CodeTable          source.Code = "routing" // servers, links and connectors don't fit together
)

// problems collects the mistakes of one table, in the order of the input.
type problems source.Diagnostics

// add appends a mistake in a field that is not a list. A list of "Local" is the
// Topology's Local.
func (p *problems) add(list source.Path, index int, field source.Path, code source.Code, format string, args ...any) {
	path := list
	if list != "Local" {
		path = list.Index(index).Field(field)
	}
	*p = append(*p, source.Mistake(path, code, format, args...))
}

// addItem appends a mistake in one element of a field.
func (p *problems) addItem(list source.Path, index int, field source.Path, item int, code source.Code, detail string) {
	*p = append(*p, source.Mistake(list.Index(index).Field(field).Index(item), code, "%s", detail))
}

// err returns p as an error, nil if it is empty.
func (p problems) err() error { return source.Diagnostics(p).Err() }
