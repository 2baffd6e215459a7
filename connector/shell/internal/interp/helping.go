package interp

import (
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// helping are the cmdlets about cmdlets and variables.
func helping() []*command {
	name := parameter("Name", "String[]", 0, "Names or patterns; all unless given.")
	return []*command{
		{name: "Get-Command", aliases: []string{"gcm"}, synopsis: "Lists the cmdlets.", start: startGetCommand,
			params: []object.Parameter{name}},
		{name: "Get-Help", aliases: []string{"help", "man"}, synopsis: "Describes a cmdlet and its parameters.", start: startGetHelp,
			params: []object.Parameter{parameter("Name", "String", 0, "The cmdlet."),
				parameter("Parameter", "String", object.Named, "Only the parameters that match this pattern."),
				flag("Full", "Accepted for compatibility; help is always full."), flag("Detailed", "Accepted for compatibility; help is always full.")}},
		{name: "Get-Variable", aliases: []string{"gv"}, synopsis: "Lists the variables.", start: startGetVariable,
			params: []object.Parameter{name, flag("ValueOnly", "Emits the values themselves.")}},
		{name: "Get-Member", aliases: []string{"gm"}, synopsis: "Lists the properties of objects.", start: startGetMember,
			params: []object.Parameter{name, inputObject}},
	}
}

// matcher makes a test of the patterns in -Name.
func (inv *invocation) matcher(parameter string) (func(string) bool, error) {
	var patterns []object.Pattern
	for _, v := range object.Items(inv.args[parameter]) {
		text := inv.in.text(inv.where(parameter), v)
		if len(text) > maxNearest {
			return nil, failf(inv.where(parameter), "the name is too long")
		}
		patterns = append(patterns, object.CompileLike(text))
	}
	return func(name string) bool {
		return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p object.Pattern) bool { return p.Match(name) })
	}, nil
}

func startGetCommand(inv *invocation) (stage, error) {
	match, err := inv.matcher("Name")
	if err != nil {
		return nil, err
	}
	return inv.once(func() error {
		var found []*object.Object
		for _, name := range inv.in.commandNames() {
			if !match(name) {
				continue
			}
			typ := "Cmdlet"
			if _, own := inv.in.funcs[object.Fold(name)]; own {
				typ = "Function"
			}
			found = append(found, row("CmdletInfo", "CommandType", typ, "Name", name, "Synopsis", inv.in.command(name).synopsis))
		}
		if found == nil {
			return inv.fail(errors.New("there is no such cmdlet"))
		}
		return emitAll(inv, found)
	}), nil
}

func startGetHelp(inv *invocation) (stage, error) {
	name := inv.text("Name")
	match, err := inv.matcher("Parameter")
	if err != nil {
		return nil, err
	}
	return inv.once(func() error {
		if name == "" {
			return inv.emit("Get-Command lists the cmdlets; Get-Help NAME describes one and its parameters.")
		}
		c := inv.in.command(name)
		if c == nil {
			text := "there is no cmdlet of that name"
			if near := inv.in.near(name, inv.in.commandNames()); near != "" {
				text += "; did you mean " + near + "?"
			}
			return inv.fail(&object.ArgumentError{Parameter: "Name", Err: errors.New(text)})
		}
		return inv.emit(c.help(match))
	}), nil
}

// help is the text of Get-Help.
func (c *command) help(match func(string) bool) string {
	var b strings.Builder
	b.WriteString("NAME\n    " + c.name + "\n")
	if len(c.aliases) > 0 {
		b.WriteString("    also " + strings.Join(c.aliases, ", ") + "\n")
	}
	if c.synopsis != "" {
		b.WriteString("\nSYNOPSIS\n    " + c.synopsis + "\n")
	}
	b.WriteString("\nPARAMETERS\n")
	for _, p := range c.params {
		if !match(p.Name) {
			continue
		}
		b.WriteString("    " + usage(p) + "\n")
		if p.Help != "" {
			b.WriteString("        " + p.Help + "\n")
		}
		if len(p.Values) > 0 {
			b.WriteString("        One of " + strings.Join(p.Values, ", ") + ".\n")
		}
	}
	if match("CommonParameters") {
		var names []string
		for _, p := range commonParameters {
			names = append(names, "-"+p.Name)
		}
		b.WriteString("    and " + strings.Join(names, ", ") + "\n")
	}
	return b.String()
}

// usage is how a parameter is written.
func usage(p object.Parameter) string {
	s := "-" + p.Name
	if p.Position >= 0 && !p.Switch {
		s = "[" + s + "]"
	}
	if !p.Switch {
		s += " <" + p.Type + ">"
	}
	if !p.Mandatory {
		s = "[" + s + "]"
	}
	if p.Pipeline || p.PipelineByName {
		s += ", takes pipeline input"
	}
	return s
}

func startGetVariable(inv *invocation) (stage, error) {
	match, err := inv.matcher("Name")
	if err != nil {
		return nil, err
	}
	return inv.once(func() error {
		var names []string
		for s := inv.in.at.scope; s != nil; s = s.parent {
			for name := range s.vars {
				if name != currentObject && match(name) {
					names = append(names, name)
				}
			}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			v := inv.in.get(name)
			if !inv.on("ValueOnly") {
				v = row("PSVariable", "Name", strings.ToLower(name), "Value", v)
			}
			if err := inv.emit(v); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

func startGetMember(inv *invocation) (stage, error) {
	match, err := inv.matcher("Name")
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	return inv.work(func(v object.Value) error {
		typ := object.TypeName(v)
		if seen[typ] {
			return nil
		}
		must(inv.node, inv.in.keep(nil, len(seen)+1))
		seen[typ] = true
		o, ok := v.(*object.Object)
		if !ok {
			return nil
		}
		for name, value := range o.All() {
			if !match(name) {
				continue
			}
			m := row("MemberDefinition", "Name", name, "MemberType", "Property", "Definition", object.TypeName(value)+" "+name)
			if err := inv.emit(m); err != nil {
				return err
			}
		}
		return nil
	}, nil), nil
}
