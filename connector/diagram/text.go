package diagram

import (
	"strings"
	"unicode"
)

// clean is s without what would break a drawing: controls, what XML has no
// place for, and the invisible marks that turn the direction of writing around.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) || c == unicode.ReplacementChar {
			return '?'
		}
		return c
	}, s)
}

// legend says what the arrows mean.
var legend = []struct {
	path path
	text string
}{
	{pathOpen, "relaying without a login"},
	{pathLogin, "relaying after a login"},
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
