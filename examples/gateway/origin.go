package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// place is a line of a file and what it set of a connector.
type place struct {
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Connector  string   `json:"connector"`            // Receive["Relay"]
	Parameters []string `json:"parameters,omitempty"` // none: the connector itself
}

// places lists where the connectors that decided a dialog were set.
func (l *loaded) places(walk connector.Walkthrough) []place {
	var found []place
	if in := walk.Session.Inbound(); in != nil {
		found = l.placesOf(fmt.Sprintf("Receive[%q]", in.Name()))
	}
	told := map[string]bool{}
	for _, r := range walk.Routes {
		if r.Outbound == nil || told[r.Outbound.Name()] {
			continue
		}
		told[r.Outbound.Name()] = true
		found = append(found, l.placesOf(fmt.Sprintf("Send[%q]", r.Outbound.Name()))...)
	}
	return found
}

// placesOf lists where one connector was set, line by line.
func (l *loaded) placesOf(path string) []place {
	byPlace := map[shell.Position]*place{}
	for name, at := range l.origins {
		parameter, ok := strings.CutPrefix(name, path)
		if !ok || parameter != "" && parameter[0] != '.' {
			continue
		}
		at.Col = 0
		p := byPlace[at]
		if p == nil {
			p = &place{File: at.File, Line: at.Line, Connector: path}
			byPlace[at] = p
		}
		parameter, _, _ = strings.Cut(strings.TrimPrefix(parameter, "."), "[")
		if parameter != "" && !slices.Contains(p.Parameters, parameter) {
			p.Parameters = append(p.Parameters, parameter)
		}
	}
	if len(byPlace) == 0 {
		if at, ok := jsonconfig.Locate(path, l.documents...); ok {
			return []place{{File: at.File, Line: at.Line, Connector: path}}
		}
	}
	var found []place
	for p := range maps.Values(byPlace) {
		slices.Sort(p.Parameters)
		found = append(found, *p)
	}
	order := func(p place) int { return slices.Index(l.files, p.File) }
	slices.SortFunc(found, func(a, b place) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return found
}

// printPlaces prints where connectors were set.
func printPlaces(w io.Writer, places []place) {
	last := ""
	for _, p := range places {
		if p.Connector != last {
			fmt.Fprintf(w, "%s was set at\n", p.Connector)
			last = p.Connector
		}
		line := fmt.Sprintf("    %s:%d", p.File, p.Line)
		if len(p.Parameters) > 0 {
			line += " " + strings.Join(p.Parameters, ", ")
		}
		fmt.Fprintln(w, line)
	}
}
