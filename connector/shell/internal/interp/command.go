package interp

import (
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// command is a cmdlet as the binder sees it: one of the interpreter's own or one of
// the caller's, which has external.
type command struct {
	name     string
	synopsis string
	params   []object.Parameter
	aliases  []string // of the command

	external object.Command
	start    func(*invocation) (stage, error)

	exact map[string]int // parameters by folded name and alias; those after params are common
}

// stage is a command at work in a pipeline. Both methods may emit.
type stage interface {
	process(v object.Value) error // takes one object
	end() error                   // is called once, after the last object
}

// invocation is a command with its arguments bound, before it starts.
type invocation struct {
	in        *Interp
	cmd       *command
	node      *syntax.Command
	args      map[string]object.Value // by full name
	spans     map[string]syntax.Span  // where each argument stands
	common    common
	piped     bool // isn't first in its pipeline
	target    string
	emit      emitter // hands on the elements of a list one by one
	emitWhole emitter // hands on a list as it is
}

// common is the parameters that every cmdlet has.
type common struct {
	errorAction, warningAction           string
	errorVariable, warningVariable       string
	outVariable                          string
	verbose, whatIf, confirm, confirmSet bool
}

// commonParameters come after a command's own.
var commonParameters = []object.Parameter{
	{Name: "Confirm", Aliases: []string{"cf"}, Type: "SwitchParameter", Switch: true, Position: object.Named},
	{Name: "ErrorAction", Aliases: []string{"ea"}, Type: "ActionPreference", Position: object.Named, Values: actions},
	{Name: "ErrorVariable", Aliases: []string{"ev"}, Type: "String", Position: object.Named},
	{Name: "OutVariable", Aliases: []string{"ov"}, Type: "String", Position: object.Named},
	{Name: "Verbose", Aliases: []string{"vb"}, Type: "SwitchParameter", Switch: true, Position: object.Named},
	{Name: "WarningAction", Aliases: []string{"wa"}, Type: "ActionPreference", Position: object.Named, Values: actions},
	{Name: "WarningVariable", Aliases: []string{"wv"}, Type: "String", Position: object.Named},
	{Name: "WhatIf", Aliases: []string{"wi"}, Type: "SwitchParameter", Switch: true, Position: object.Named},
}

// actions are the values of -ErrorAction and -WarningAction.
var actions = []string{"Continue", "Ignore", "SilentlyContinue", "Stop"}

// external makes a command of one of the caller's.
func external(c object.Command) *command {
	cmd := &command{name: c.Name(), params: c.Parameters(), external: c}
	if h, ok := c.(object.Helper); ok {
		cmd.synopsis = h.Synopsis()
	}
	cmd.start = startExternal
	return cmd
}

// parameter returns the parameter at an index of c.exact.
func (c *command) parameter(i int) *object.Parameter {
	if i < len(c.params) {
		return &c.params[i]
	}
	return &commonParameters[i-len(c.params)]
}

// find returns the index of the parameter of that name or alias, in any letter
// case, or of the only one whose name begins so. Of several that begin so, it
// returns their names.
func (c *command) find(name string) (i int, several []string) {
	folded := object.Fold(name)
	if c.exact == nil {
		c.exact = make(map[string]int)
		for i := len(c.params) + len(commonParameters) - 1; i >= 0; i-- { // a command's own win
			p := c.parameter(i)
			for _, alias := range p.Aliases {
				c.exact[object.Fold(alias)] = i
			}
			c.exact[object.Fold(p.Name)] = i
		}
	}
	if i, ok := c.exact[folded]; ok {
		return i, nil
	}
	i = -1
	for j := range len(c.params) + len(commonParameters) {
		p := c.parameter(j)
		if !strings.HasPrefix(object.Fold(p.Name), folded) || j >= len(c.params) && c.exact[object.Fold(p.Name)] != j {
			continue
		}
		several = append(several, p.Name)
		i = j
	}
	if len(several) == 1 {
		return i, nil
	}
	return -1, several
}

// parameterNames are the names of all parameters.
func (c *command) parameterNames() []string {
	var names []string
	for i := range len(c.params) + len(commonParameters) {
		names = append(names, c.parameter(i).Name)
	}
	return names
}

// otherWays says how to bring a policy here whose script needs cmdlets that aren't
// supported.
const otherWays = "Get-Command lists the available cmdlets; for settings that only Exchange can print, read an export: Get-ReceiveConnector | Export-Clixml receive.xml"

// command returns the function or cmdlet with a name; nil if neither has it.
func (in *Interp) command(name string) *command {
	if c, ok := in.funcs[object.Fold(name)]; ok {
		return c
	}
	return in.commands[object.Fold(name)]
}

// lookup finds the command that a node names.
func (in *Interp) lookup(n *syntax.Command) (*command, error) {
	if c := in.command(n.Name); c != nil {
		return c, nil
	}
	// Exchange's cmdlets may be written with the name of their snap-in before them.
	if i := strings.LastIndexByte(n.Name, '\\'); i >= 0 {
		if c, ok := in.commands[object.Fold(n.Name[i+1:])]; ok {
			return c, nil
		}
	}
	text := "there is no cmdlet " + n.Name
	if set := in.switching(n.Name); set != "" {
		text += "; write " + set
	} else if near := in.near(n.Name, in.commandNames()); near != "" {
		text += "; did you mean " + near + "?"
	}
	return nil, &Error{Where: n.NameSpan, Code: source.CodeCommandUnknown, Err: errors.New(text), command: true, Fix: otherWays}
}

// switching returns the command to write instead of an Enable or Disable cmdlet that
// doesn't exist: the Set cmdlet of its noun, if that has -Enabled; else "".
func (in *Interp) switching(name string) string {
	verb, noun, _ := strings.Cut(name, "-")
	value := map[string]string{"ENABLE": "$true", "DISABLE": "$false"}[object.Fold(verb)]
	set := in.commands[object.Fold("Set-"+noun)]
	if value == "" || set == nil || !slices.Contains(set.parameterNames(), "Enabled") {
		return ""
	}
	return set.name + " -Enabled " + value
}

// commandNames are the full names of all cmdlets, in alphabetical order.
func (in *Interp) commandNames() []string {
	var names []string
	for _, all := range []map[string]*command{in.commands, in.funcs} {
		for _, c := range all {
			if c.name != "." { // users don't look for that name
				names = append(names, c.name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
