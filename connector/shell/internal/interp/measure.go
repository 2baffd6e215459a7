package interp

import (
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

func measureCommand() *command {
	return &command{name: "Measure-Object", aliases: []string{"measure"}, start: startMeasure,
		synopsis: "Counts the objects, and adds up a property of theirs.",
		params: []object.Parameter{
			parameter("Property", "String[]", 0, "The properties to look at; without any, the objects themselves."),
			flag("Sum", "Adds up."),
			flag("Average", "Takes the average."),
			flag("Maximum", "Finds the greatest."),
			flag("Minimum", "Finds the least."),
			inputObject,
		}}
}

// measure holds the statistics of Measure-Object about one property.
type measure struct {
	inv      *invocation
	field    *field // nil: the objects themselves
	count    int64
	sum      object.Value
	min, max object.Value
}

func startMeasure(inv *invocation) (stage, error) {
	fields, err := inv.fields("Property")
	if err != nil {
		return nil, err
	}
	measures := []*measure{{inv: inv, sum: int64(0)}}
	if fields != nil {
		measures = nil
		for i := range fields {
			measures = append(measures, &measure{inv: inv, field: &fields[i], sum: int64(0)})
		}
	}
	each := func(v object.Value) error {
		for _, m := range measures {
			if err := m.add(v); err != nil {
				return err
			}
		}
		return nil
	}
	return inv.work(each, func() error {
		for _, m := range measures {
			if err := inv.emit(m.result()); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// add counts one object. One without the property isn't counted.
func (m *measure) add(v object.Value) error {
	if m.field != nil {
		var err error
		if v, err = m.inv.in.of(*m.field, v); err != nil || v == nil {
			return err
		}
	}
	m.count++
	var err error
	if m.inv.on("Sum") || m.inv.on("Average") {
		if m.sum, err = arithmetic(syntax.Add, m.sum, v); err != nil {
			return at(m.inv.node.NameSpan, err)
		}
	}
	if !m.inv.on("Minimum") && !m.inv.on("Maximum") {
		return nil
	}
	for _, extreme := range []struct {
		kept *object.Value
		sign int
	}{{&m.min, -1}, {&m.max, 1}} {
		if m.count == 1 {
			*extreme.kept = v
			continue
		}
		a, b := m.inv.in.comparable(m.inv.node, v, *extreme.kept)
		order, err := object.Compare(a, b)
		if err != nil {
			return at(m.inv.node.NameSpan, err)
		}
		if order*extreme.sign > 0 {
			*extreme.kept = v
		}
	}
	return nil
}

// result is the object that Measure-Object emits; what wasn't asked for is empty.
func (m *measure) result() *object.Object {
	o := object.NewObject("GenericMeasureInfo", 6)
	o.Set("Count", m.count)
	for _, name := range []string{"Average", "Sum", "Maximum", "Minimum", "Property"} {
		o.Set(name, nil)
	}
	if m.inv.on("Average") && m.count > 0 {
		average, _ := arithmetic(syntax.Div, m.sum, m.count)
		o.Set("Average", average)
	}
	if m.inv.on("Sum") {
		o.Set("Sum", m.sum)
	}
	if m.inv.on("Maximum") {
		o.Set("Maximum", m.max)
	}
	if m.inv.on("Minimum") {
		o.Set("Minimum", m.min)
	}
	if m.field != nil {
		o.Set("Property", m.field.name)
	}
	return o
}
