package interp

import (
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// currentObject is the folded name of $_.
const currentObject = "_"

// variable reads $name.
func (in *Interp) variable(v *syntax.Variable) (object.Value, error) {
	if v.Scope == "env" {
		return in.environment(v)
	}
	if v.Name == "?" {
		return in.ok, nil
	}
	name := object.Fold(v.Name)
	value, ok := in.vars[name]
	if !ok {
		if name == "ERROR" {
			return new(object.List), nil
		}
		if preset, ok := presets[name]; ok {
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
			return s, at(v, in.m.text(len(s)))
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
}

// readOnly are the variables that PowerShell keeps for itself, by folded name.
var readOnly = map[string]bool{"?": true, "TRUE": true, "FALSE": true, "PSITEM": true, "_": true}

// setVariable writes $name.
func (in *Interp) setVariable(v *syntax.Variable, value object.Value) error {
	name := object.Fold(v.Name)
	switch {
	case v.Scope == "env":
		return &Error{Where: v.Where(), Err: errors.New("the environment can't be changed"), Supported: "a variable without env:"}
	case name == "NULL":
		return nil
	case readOnly[name]:
		return failf(v, "$%s can't be assigned to", v.Name)
	}
	if _, known := in.vars[name]; !known {
		if err := in.keep(nil, len(in.vars)+1); err != nil {
			return at(v, err)
		}
	}
	in.vars[name] = value
	return nil
}

// withCurrent runs f with v as $_.
func (in *Interp) withCurrent(v object.Value, f func() error) error {
	old, had := in.vars[currentObject]
	in.vars[currentObject] = v
	err := f()
	if had {
		in.vars[currentObject] = old
	} else {
		delete(in.vars, currentObject)
	}
	return err
}

func (in *Interp) similarVariable(name string) string {
	if len(in.vars) > maxNames {
		return ""
	}
	names := make([]string, 0, len(in.vars))
	for n := range in.vars {
		names = append(names, n)
	}
	if near := nearest(name, names); near != "" {
		return "; did you mean $" + strings.ToLower(near) + "?"
	}
	return ""
}
