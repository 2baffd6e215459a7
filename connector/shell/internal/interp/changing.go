package interp

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// changing are the cmdlets that change variables and objects.
func changing() []*command {
	name := required(parameter("Name", "String", 0, "The variable, without the dollar sign."))
	names := required(parameter("Name", "String[]", 0, "The variables, without the dollar sign."))
	value := parameter("Value", "Object", 1, "What it holds from now on.")
	ignored := []object.Parameter{flag("Force", "Has no effect here."), parameter("Scope", "String", object.Named, "Global and Script: that of the script."),
		parameter("Option", "String", object.Named, "Has no effect here.")}
	return []*command{
		{name: "Set-Variable", aliases: []string{"sv"}, synopsis: "Sets a variable.", start: startSetVariable, params: append([]object.Parameter{name, value}, ignored...)},
		{name: "New-Variable", aliases: []string{"nv"}, synopsis: "Sets a variable.", start: startSetVariable, params: append([]object.Parameter{name, value}, ignored...)},
		{name: "Clear-Variable", aliases: []string{"clv"}, synopsis: "Sets variables to $null.", params: append([]object.Parameter{names}, ignored...),
			start: func(inv *invocation) (stage, error) {
				return inv.eachName(func(name string) error { return inv.in.setVariable(inv.variableNode(name), nil) }), nil
			}},
		{name: "Remove-Variable", aliases: []string{"rv"}, synopsis: "Forgets variables.", start: startRemoveVariable, params: append([]object.Parameter{names}, ignored...)},
		{name: "Add-Member", synopsis: "Gives an object one property more.", start: startAddMember,
			params: []object.Parameter{
				parameter("MemberType", "String", 0, "NoteProperty, the only one here.", "Type"), parameter("Name", "String", 1, "The property."),
				parameter("Value", "Object", 2, "What it holds."), parameter("NotePropertyName", "String", object.Named, "The property."),
				parameter("NotePropertyValue", "Object", object.Named, "What it holds."), parameter("NotePropertyMembers", "Hashtable", object.Named, "Several properties."),
				flag("PassThru", "Emits the object."), flag("Force", "Replaces a property that is there."), inputObject}},
		{name: "Tee-Object", aliases: []string{"tee"}, synopsis: "Keeps the objects in a variable and hands them on.", start: startTee,
			params: []object.Parameter{required(parameter("Variable", "String", object.Named, "The variable, without the dollar sign.")), inputObject}},
	}
}

// variableNode is a variable whose name is an argument.
func (inv *invocation) variableNode(name string) *syntax.Variable {
	return &syntax.Variable{Span: inv.where("Name").Where(), Name: name, Scope: strings.ToLower(inv.text("Scope"))}
}

func startSetVariable(inv *invocation) (stage, error) {
	name := inv.text("Name")
	return inv.once(func() error { return inv.in.setVariable(inv.variableNode(name), inv.args["Value"]) }), nil
}

// eachName makes the stage of a cmdlet that does something with each -Name.
func (inv *invocation) eachName(use func(name string) error) stage {
	return inv.once(func() error {
		for _, v := range object.Items(inv.args["Name"]) {
			name := inv.in.text(inv.where("Name"), v)
			if err := use(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func startRemoveVariable(inv *invocation) (stage, error) {
	return inv.eachName(func(name string) error {
		for s := inv.in.at.scope; s != nil; s = s.parent {
			delete(s.vars, object.Fold(name))
		}
		return nil
	}), nil
}

func startAddMember(inv *invocation) (stage, error) {
	members := new(object.Table)
	for _, pair := range [][2]string{{"Name", "Value"}, {"NotePropertyName", "NotePropertyValue"}} {
		name := inv.text(pair[0])
		if name != "" {
			members.Set(name, inv.args[pair[1]])
		}
	}
	if t, ok := inv.args["NotePropertyMembers"].(*object.Table); ok {
		for name, v := range t.All() {
			members.Set(name, v)
		}
	}
	if typ := inv.text("MemberType"); typ != "" && !strings.EqualFold(typ, "NoteProperty") {
		return nil, failf(inv.where("MemberType"), "only NoteProperty can be added")
	}
	return inv.work(func(v object.Value) error {
		o, ok := v.(*object.Object)
		if !ok {
			return failf(inv.node.NameSpan, "a value of type %s can have no more properties", object.TypeName(v))
		}
		for name, value := range members.All() {
			if _, there := o.Get(name); there && !inv.on("Force") {
				return failf(inv.node.NameSpan, "there is a property %.64s already", name)
			}
			must(inv.node, inv.in.keep(nil, o.Len()+1))
			o.Set(name, value)
		}
		if inv.on("PassThru") {
			return inv.emit(o)
		}
		return nil
	}, nil), nil
}

func startTee(inv *invocation) (stage, error) {
	name := inv.text("Variable")
	var kept []object.Value
	return inv.work(func(v object.Value) error {
		must(inv.node, inv.in.keep(v, len(kept)+1))
		kept = append(kept, v)
		return inv.emit(v)
	}, func() error {
		return inv.in.setVariable(&syntax.Variable{Span: inv.node.NameSpan, Name: name}, object.Collect(kept))
	}), nil
}
