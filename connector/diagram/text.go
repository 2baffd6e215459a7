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

// summary says in one line what the drawing shows.
func (d *Drawing) summary() string {
	relays := map[path][]string{}
	by := map[Mark][]string{}
	for _, column := range []int{colReceive, colSend} {
		for _, n := range d.nodes[column] {
			if column == colReceive {
				relays[n.path] = append(relays[n.path], n.name)
			}
			by[n.mark] = append(by[n.mark], n.name)
		}
	}
	all := []string{number(d.receives, "Receive connector"), number(d.sends, "Send connector")}
	say := func(what string, names []string) {
		if len(names) > 0 {
			all = append(all, what+": "+strings.Join(names, ", "))
		}
	}
	for _, l := range legend[:2] {
		say(l.text, relays[l.path])
	}
	for m := MarkNew; m <= MarkDisabled; m++ {
		say(m.String(), by[m])
	}
	return strings.Join(all, "; ")
}

// text returns the whole text of a box.
func (n *node) text(separator string) string {
	var all []string
	if n.mark != MarkNone {
		all = append(all, n.mark.String())
	}
	if n.name != "" {
		all = append(all, clean(n.name))
	}
	for _, l := range n.lines {
		all = append(all, clean(l.shown()))
	}
	return strings.Join(all, separator)
}
