package interp

import (
	"strings"
	"unicode"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// join is -join.
func (in *Interp) join(n syntax.Node, list object.Value, sep string) string {
	var b strings.Builder
	for i, item := range object.Items(list) {
		s := in.text(n, item)
		if i > 0 {
			s = sep + s
		}
		must(n, in.m.grow(b.Len()+len(s), len(s)))
		b.WriteString(s)
	}
	return b.String()
}

// splitFields is -split without a separator: at white space.
func (in *Interp) splitFields(n syntax.Node, v object.Value) object.Value {
	v = in.mapText(n, v, func(s string) object.Value {
		must(n, in.m.alloc(int64(len(s))*wordBytes))
		return object.Strings(strings.FieldsFunc(s, unicode.IsSpace))
	})
	return object.Collect(object.Items(v))
}

// split is -split pattern, or pattern and how many parts at most.
func (in *Interp) split(n syntax.Node, exact bool, a, b object.Value) (object.Value, error) {
	args := object.Items(b)
	if len(args) == 0 || len(args) > 2 {
		return nil, failf(n, "-split takes a pattern, and how many parts at most")
	}
	p, err := in.regex(n, args[0], exact)
	if err != nil {
		return nil, err
	}
	most := int64(0)
	if len(args) == 2 {
		var ok bool
		if most, ok = wholeNumber(args[1]); !ok || most < 0 {
			return nil, failf(n, "-split takes a number of parts, not %s", object.Text(args[1]))
		}
	}
	return in.mapText(n, a, func(s string) object.Value {
		out := new(object.List)
		end := 0
		for _, groups := range in.find(n, p, s) {
			if most > 0 && int64(len(out.Items)) == most-1 {
				break
			}
			out.Items = append(out.Items, s[end:groups[0]])
			end = groups[1]
		}
		out.Items = append(out.Items, s[end:])
		must(n, in.m.newList(2*len(out.Items)))
		return out
	}), nil
}

// cut splits s at a separator that isn't a pattern.
func (in *Interp) cut(n syntax.Node, s string, separators []string) object.Value {
	parts := []string{s}
	for _, sep := range separators {
		if sep == "" {
			continue
		}
		must(n, in.m.read(s))
		var next []string
		for _, part := range parts {
			must(n, in.m.newList(len(next)+strings.Count(part, sep)+1))
			next = append(next, strings.Split(part, sep)...)
		}
		parts = next
	}
	return object.Strings(parts)
}
