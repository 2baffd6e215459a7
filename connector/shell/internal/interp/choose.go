package interp

import (
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// choosing are the cmdlets that look at one object at a time.
func choosing() []*command {
	further := parameter("ArgumentList", "Object[]", 1, "What the method takes; or more script blocks: those to run first and last.", "RemainingScripts", "Args")
	further.Remaining = true
	return []*command{
		{name: "Where-Object", aliases: []string{"where", "?"}, start: startWhere,
			synopsis: "Keeps the objects for which a condition holds.", params: whereParameters()},
		{name: "ForEach-Object", aliases: []string{"foreach", "%"}, start: startForEach,
			synopsis: "Runs a script block for each object, or reads a property of it.",
			params: []object.Parameter{
				required(parameter("Process", "ScriptBlock", 0, "The script block, or the name of a property or method.", "MemberName")),
				parameter("Begin", "ScriptBlock", object.Named, "A script block to run before the first object."),
				parameter("End", "ScriptBlock", object.Named, "A script block to run after the last object."),
				further,
				inputObject,
			}},
	}
}

// comparison is an operator of Where-Object's short form.
type comparison struct {
	name  string
	op    syntax.Operator
	exact bool
}

func comparisons() []comparison {
	var out []comparison
	for _, c := range []comparison{
		{name: "EQ", op: syntax.Eq}, {name: "NE", op: syntax.Ne}, {name: "GT", op: syntax.Gt}, {name: "GE", op: syntax.Ge},
		{name: "LT", op: syntax.Lt}, {name: "LE", op: syntax.Le}, {name: "Like", op: syntax.Like}, {name: "NotLike", op: syntax.NotLike},
		{name: "Match", op: syntax.Match}, {name: "NotMatch", op: syntax.NotMatch}, {name: "Contains", op: syntax.Contains},
		{name: "NotContains", op: syntax.NotContains}, {name: "In", op: syntax.In}, {name: "NotIn", op: syntax.NotIn},
	} {
		out = append(out, c, comparison{"C" + c.name, c.op, true})
	}
	return out
}

func whereParameters() []object.Parameter {
	params := []object.Parameter{
		required(parameter("Property", "Object", 0, "The script block, or the name of a property.", "FilterScript")),
		parameter("Value", "Object", 1, "What the property is compared with."),
		flag("Not", "Keeps the objects whose property is false."),
		inputObject,
	}
	for _, c := range comparisons() {
		params = append(params, flag(c.name, "Compares the property with -Value."))
	}
	return params
}

func startWhere(inv *invocation) (stage, error) {
	test, err := inv.condition()
	if err != nil {
		return nil, err
	}
	return inv.work(func(v object.Value) error {
		yes, err := test(v)
		if err != nil || !yes {
			return err
		}
		return inv.emit(v)
	}, nil), nil
}

// condition is the test of Where-Object.
func (inv *invocation) condition() (func(object.Value) (bool, error), error) {
	in := inv.in
	if b, ok := inv.args["Property"].(*block); ok {
		return func(v object.Value) (bool, error) {
			result, err := in.result(b, v)
			return object.Truth(result), err
		}, nil
	}
	name := inv.text("Property")
	var chosen *comparison
	for _, c := range comparisons() {
		if inv.on(c.name) {
			if chosen != nil {
				return nil, failf(inv.node, "Where-Object takes one comparison; -%s and -%s are two", chosen.name, c.name)
			}
			chosen = &c
		}
	}
	node := inv.where("Property")
	if chosen == nil {
		if _, ok := inv.args["Value"]; ok {
			return nil, failf(inv.where("Value"), "Where-Object has a value but no comparison, such as -eq")
		}
		return func(v object.Value) (bool, error) {
			v, err := in.property(node, v, name)
			return object.Truth(v) != inv.on("Not"), err
		}, nil
	}
	return func(v object.Value) (bool, error) {
		v, err := in.property(node, v, name)
		if err != nil {
			return false, err
		}
		v, err = in.binary(node, chosen.op, chosen.exact, v, inv.args["Value"])
		return object.Truth(v), err
	}, nil
}

func startForEach(inv *invocation) (stage, error) {
	in := inv.in
	inv.divide()
	each := inv.eachObject()
	for _, name := range []string{"Begin", "End"} {
		if v, ok := inv.args[name]; ok {
			if _, ok := v.(*block); !ok {
				return nil, failf(inv.where(name), "-%s takes a script block", name)
			}
		}
	}
	begun := false
	begin := func() error {
		b, ok := inv.args["Begin"].(*block)
		if begun || !ok {
			return nil
		}
		begun = true
		return in.runBlock(b, nil, inv.emit)
	}
	return inv.work(func(v object.Value) error {
		if err := begin(); err != nil {
			return err
		}
		return each(v)
	}, func() error {
		if err := begin(); err != nil {
			return err
		}
		if b, ok := inv.args["End"].(*block); ok {
			return in.runBlock(b, nil, inv.emit)
		}
		return nil
	}), nil
}

// divide makes -Begin, -Process and -End of several script blocks without names.
func (inv *invocation) divide() {
	blocks := append([]object.Value{inv.args["Process"]}, object.Items(inv.args["ArgumentList"])...)
	for _, v := range blocks {
		if _, ok := v.(*block); !ok || len(blocks) > 3 {
			return
		}
	}
	if _, given := inv.args["Begin"]; !given && len(blocks) > 1 {
		inv.args["Begin"], blocks = blocks[0], blocks[1:]
	}
	inv.args["Process"] = blocks[0]
	if _, given := inv.args["End"]; !given && len(blocks) > 1 {
		inv.args["End"] = blocks[1]
	}
}

// eachObject returns the work of ForEach-Object on one object.
func (inv *invocation) eachObject() func(object.Value) error {
	in := inv.in
	if b, ok := inv.args["Process"].(*block); ok {
		return func(v object.Value) error { return in.runBlock(b, v, inv.emit) }
	}
	name := inv.text("Process")
	node := inv.where("Process")
	args := object.Items(inv.args["ArgumentList"])
	return func(v object.Value) error {
		if _, ok := object.Member(v, name); ok && args == nil {
			p, err := in.property(node, v, name)
			if err != nil {
				return err
			}
			return inv.emit(p)
		}
		_, isText := v.(string)
		if _, ok := v.(object.Caller); ok || isText {
			result, err := in.invoke(node, v, name, args)
			if err != nil {
				return err
			}
			return inv.emit(result)
		}
		_, err := in.property(node, v, name) // reports that there is no such member
		return err
	}
}
