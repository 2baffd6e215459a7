package interp

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// currentObject is the folded name of $_.
const currentObject = "_"

// scope is the variables of a script or of a function that runs. A variable that isn't
// here is looked up in the scope of the caller.
type scope struct {
	vars   map[string]object.Value // by folded name
	parent *scope                  // nil: the script's
}

func newScope(parent *scope) *scope { return &scope{vars: map[string]object.Value{}, parent: parent} }

// get reads a variable by its folded name.
func (s *scope) get(name string) (object.Value, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

// place is where in a script the interpreter is.
type place struct {
	scope *scope
	loops []string // the labels of the loops around, within the function
	tries int      // how many try blocks are around
}

// outside makes an emitter that runs emit with the variables, loops and try blocks of
// another place, where the pipeline goes on.
func (in *Interp) outside(there place, emit emitter) emitter {
	return func(v object.Value) error {
		here := in.at
		in.at = there
		err := emit(v)
		in.at = here
		return err
	}
}

// get reads a variable by its folded name, $null if it isn't set.
func (in *Interp) get(name string) object.Value {
	v, _ := in.at.scope.get(name)
	return v
}

// set writes a variable by its folded name.
func (in *Interp) set(name string, v object.Value) { in.at.scope.vars[name] = v }

// preference reads one of the variables that say how cmdlets behave.
func (in *Interp) preference(name string) string { return object.Text(scalar(in.get(name))) }

// variable reads $name.
func (in *Interp) variable(v *syntax.Variable) (object.Value, error) {
	if v.Scope == "env" {
		return in.environment(v)
	}
	if v.Name == "?" {
		return in.ok, nil
	}
	name := object.Fold(v.Name)
	from := in.at.scope
	if v.Scope == "global" || v.Scope == "script" {
		from = in.global
	}
	value, ok := from.get(name)
	if !ok {
		if name == "ERROR" {
			return new(object.List), nil
		}
		if preset, ok := in.preset(v, name); ok {
			return preset, nil
		}
		in.warnOnce(v, func() string { return "$" + v.Name + " was never set and counts as $null" + in.similarVariable(name) })
	}
	return value, nil
}

// environment reads $env:NAME.
func (in *Interp) environment(v *syntax.Variable) (object.Value, error) {
	if in.opt.Env != nil {
		if s, ok := in.opt.Env(v.Name); ok {
			must(v, in.m.text(len(s)))
			return s, nil
		}
	}
	in.warnOnce(v, func() string { return "$env:" + v.Name + " isn't set and counts as $null" })
	return nil, nil
}

// presets are the variables that PowerShell sets for itself and that a script may
// ask for, by folded name.
var presets = map[string]object.Value{
	"_":                      nil,
	"MATCHES":                nil,
	"ERRORACTIONPREFERENCE":  "Continue",
	"WARNINGPREFERENCE":      "Continue",
	"VERBOSEPREFERENCE":      "SilentlyContinue",
	"CONFIRMPREFERENCE":      "High",
	"WHATIFPREFERENCE":       false,
	"OFS":                    " ",
	"FORMATENUMERATIONLIMIT": int64(4),
	"ERRORVIEW":              "NormalView",
	"PSSCRIPTROOT":           ".", // files are found beside the script
	"PWD":                    ".",
}

// preset is a variable that PowerShell sets for itself.
func (in *Interp) preset(n syntax.Node, name string) (object.Value, bool) {
	if v, ok := presets[name]; ok {
		return v, true
	}
	switch name {
	case "ARGS", "INPUT":
		return new(object.List), true
	case "PSBOUNDPARAMETERS":
		return new(object.Table), true
	case "PSCOMMANDPATH":
		return "./" + path.Base(n.Where().File()), true
	case "MYINVOCATION":
		file := path.Base(strings.ReplaceAll(n.Where().File(), `\`, "/"))
		command := row("CommandInfo", "Name", file, "Path", "./"+file, "Definition", "./"+file)
		return row("InvocationInfo", "MyCommand", command), true
	case "PSCMDLET":
		return &cmdletObject{in}, true
	case "PSVERSIONTABLE":
		version := row("Version", "Major", int64(5), "Minor", int64(1))
		version.Text = "5.1"
		t := new(object.Table)
		t.Set("PSVersion", version)
		t.Set("PSEdition", "Desktop")
		return t, true
	}
	return nil, false
}

// cmdletObject is $PSCmdlet, by which functions ask whether to act.
type cmdletObject struct{ in *Interp }

// TypeName returns PSScriptCmdlet.
func (*cmdletObject) TypeName() string { return "PSScriptCmdlet" }

// String returns the type's name.
func (*cmdletObject) String() string { return "System.Management.Automation.PSScriptCmdlet" }

// Call has ShouldProcess with a target, and with what is done to it.
func (c *cmdletObject) Call(name string, args []object.Value) (object.Value, bool, error) {
	if !strings.EqualFold(name, "ShouldProcess") || len(args) == 0 || len(args) > 2 {
		return nil, false, nil
	}
	if !object.Truth(c.in.get("WHATIFPREFERENCE")) {
		return true, true, nil
	}
	target, action := object.Text(scalar(args[0])), "Change"
	if len(args) == 2 {
		action = object.Text(scalar(args[1]))
	}
	c.in.print("What if: " + visible(performing(action, target)))
	return false, true, nil
}

// row makes an object of names and values.
func row(typ string, pairs ...any) *object.Object {
	o := object.NewObject(typ, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// readOnly are the variables that PowerShell keeps for itself, by folded name.
var readOnly = map[string]bool{"?": true, "TRUE": true, "FALSE": true, "PSITEM": true, "_": true}

// setVariable writes $name.
func (in *Interp) setVariable(v *syntax.Variable, value object.Value) error {
	name := object.Fold(v.Name)
	switch {
	case v.Scope == "env":
		return &Error{Where: v.Where(), Err: errors.New("the environment can't be changed"), Fix: "use a variable without env:"}
	case name == "NULL":
		return nil
	case readOnly[name]:
		return failf(v, "$%s can't be assigned to", v.Name)
	}
	to := in.at.scope
	if v.Scope == "global" || v.Scope == "script" {
		to = in.global
	}
	if _, known := to.vars[name]; !known {
		must(v, in.keep(nil, len(to.vars)+1))
	}
	to.vars[name] = value
	return nil
}

// withCurrent runs f with v as $_.
func (in *Interp) withCurrent(v object.Value, f func() error) error {
	vars := in.at.scope.vars
	old, had := vars[currentObject]
	vars[currentObject] = v
	defer func() {
		if had {
			vars[currentObject] = old
		} else {
			delete(vars, currentObject)
		}
	}()
	return f()
}

func (in *Interp) similarVariable(name string) string {
	var names []string
	for s := in.at.scope; s != nil; s = s.parent {
		if len(names)+len(s.vars) > maxNames {
			return ""
		}
		names = slices.AppendSeq(names, maps.Keys(s.vars))
	}
	if near := in.near(name, names); near != "" {
		return "; did you mean $" + strings.ToLower(near) + "?"
	}
	return ""
}
