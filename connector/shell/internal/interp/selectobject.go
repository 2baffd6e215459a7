package interp

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

func selectCommand() *command {
	return &command{name: "Select-Object", aliases: []string{"select"}, start: startSelect,
		synopsis: "Keeps some of the objects, or some of their properties.",
		params: []object.Parameter{
			parameter("Property", "Object[]", 0, "Names, patterns or calculated properties, @{n='Name';e={…}}."),
			parameter("ExcludeProperty", "String[]", object.Named, "Names or patterns to leave out."),
			parameter("ExpandProperty", "String", object.Named, "The property whose values are emitted themselves."),
			parameter("First", "Int32", object.Named, "How many objects from the front."),
			parameter("Last", "Int32", object.Named, "How many objects from the end."),
			parameter("Skip", "Int32", object.Named, "How many objects to leave out first; with -Last, from the end."),
			parameter("Index", "Int32[]", object.Named, "Which objects, from 0."),
			flag("Unique", "Leaves out objects that were there before."),
			inputObject,
		}}
}

// selection is Select-Object at work.
type selection struct {
	*funcStage
	fields         []field
	except         []object.Pattern
	expand         string
	first, skip    int64 // first is -1 for all
	index          map[int64]bool
	seen           map[string]bool // nil unless -Unique
	count, emitted int64
}

func startSelect(inv *invocation) (stage, error) {
	s := &selection{}
	var err error
	if s.fields, err = inv.fields("Property"); err != nil {
		return nil, err
	}
	if err := s.configure(inv); err != nil {
		return nil, err
	}
	if _, ok := inv.args["Last"]; !ok {
		s.funcStage = inv.work(s.take, nil)
		return s, nil
	}
	if _, both := inv.args["First"]; both {
		return nil, failf(inv.where("Last"), "-Last and -First don't go together")
	}
	last, err := inv.number("Last", 0)
	if err != nil {
		return nil, err
	}
	skip := s.skip
	s.skip = 0
	s.funcStage = inv.gather(func(items []object.Value) error {
		end := max(0, int64(len(items))-skip)
		for _, v := range items[max(0, end-last):end] {
			if err := s.take(v); err != nil {
				return err
			}
		}
		return nil
	})
	return s, nil
}

func (s *selection) configure(inv *invocation) (err error) {
	if s.first, err = inv.number("First", -1); err != nil {
		return err
	}
	if s.skip, err = inv.number("Skip", 0); err != nil {
		return err
	}
	s.expand = inv.text("ExpandProperty")
	for _, v := range object.Items(inv.args["ExcludeProperty"]) {
		text := inv.in.text(inv.node, v)
		if len(text) > maxPattern {
			return failf(inv.where("ExcludeProperty"), "%w: a name of more than %d bytes", ErrLimit, maxPattern)
		}
		s.except = append(s.except, object.CompileLike(text))
	}
	for _, v := range object.Items(inv.args["Index"]) {
		i, ok := wholeNumber(v)
		if !ok {
			return failf(inv.where("Index"), "-Index takes whole numbers")
		}
		if s.index == nil {
			s.index = make(map[int64]bool)
		}
		s.index[i] = true
	}
	if inv.on("Unique") {
		s.seen = make(map[string]bool)
	}
	return nil
}

// take takes one object. After the last one that -First asks for it stops the pipeline.
func (s *selection) take(v object.Value) error {
	i := s.count
	s.count++
	if i < s.skip || s.index != nil && !s.index[i] {
		return nil
	}
	if s.first >= 0 && s.emitted >= s.first {
		return &errStop{s}
	}
	if err := s.emit(v); err != nil {
		return err
	}
	if s.emitted == s.first {
		return &errStop{s}
	}
	return nil
}

func (s *selection) emit(v object.Value) error {
	inv := s.inv
	whole := v
	if s.fields != nil || s.except != nil {
		fields := s.fields
		if fields == nil {
			all := object.CompileLike("*")
			fields = []field{{node: inv.node, name: "*", names: &all}}
		}
		o, err := inv.in.project(v, selectedType(v), fields, s.except)
		if err != nil {
			return err
		}
		v = o
	}
	if s.expand != "" {
		expanded, err := inv.in.property(inv.where("ExpandProperty"), whole, s.expand)
		if err != nil {
			return err
		}
		v = expanded
	}
	if s.seen != nil {
		key := inv.in.identity(inv.node, v)
		if s.seen[key] {
			return nil
		}
		must(inv.node, inv.in.m.alloc(mapEntryBytes))
		s.seen[key] = true
	}
	s.emitted++
	return inv.emit(v)
}

// selectedType is the type of a copy with some of the properties.
func selectedType(v object.Value) string {
	if name := object.TypeName(v); !strings.HasPrefix(name, "Selected.") {
		return "Selected." + name
	}
	return object.TypeName(v)
}
