package diagram

import (
	"strings"
	"unicode"
)

// clean returns s without characters that would break a drawing: controls,
// characters that XML excludes, and invisible marks that change the direction of
// writing.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) || c == unicode.ReplacementChar {
			return '?'
		}
		return c
	}, s)
}

// legend explains the arrows.
var legend = []struct {
	path path
	text string
}{
	{pathOpen, "relaying without a logon"},
	{pathLogin, "relaying after a logon"},
	{pathPlain, "mail for accepted domains"},
}

// all returns the boxes of all columns.
func (d *Drawing) all() []*node {
	var all []*node
	for _, column := range d.nodes {
		all = append(all, column...)
	}
	return all
}
