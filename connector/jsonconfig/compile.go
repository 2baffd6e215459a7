package jsonconfig

import (
	"cmp"
	"errors"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Compile reads a configuration and compiles it. The error is source.Diagnostics with
// all mistakes in the order of the text: those of the text itself, and those that
// connector.Compile finds in the rest of it. A missing parameter is reported where it
// belongs.
func Compile(name string, data []byte) (*connector.Policy, error) {
	d, mistakes := Draft(name, data)
	if d == nil {
		return nil, mistakes
	}
	policy, err := connector.Compile(d.Config)
	var problems source.Diagnostics
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	all := slices.Clone(mistakes)
	for _, p := range problems {
		if Follows(p, d.Unread) {
			continue
		}
		at, ok := d.Places.Find(p.Path)
		if !ok {
			at = source.Position{File: name, Line: 1, Column: 1}
		}
		p.Position = at
		all = append(all, p)
	}
	if len(all) > 0 {
		slices.SortStableFunc(all, func(a, b source.Diagnostic) int {
			return cmp.Or(a.Line-b.Line, a.Column-b.Column)
		})
		return nil, all
	}
	return policy, nil
}
