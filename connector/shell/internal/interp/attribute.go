package interp

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// attributes lists the attributes of parameters that are supported, for errors.
const attributes = "[Parameter()], [Alias()], [ValidateSet()], [ValidateRange()], [ValidateLength()], [ValidateCount()], [ValidatePattern()], " +
	"[ValidateScript()], [ValidateNotNull()], [ValidateNotNullOrEmpty()], [AllowNull()], [AllowEmptyString()] or [AllowEmptyCollection()]"

// describe makes a parameter for the binder of one of a script's.
func (in *Interp) describe(p *syntax.Param, i int) (object.Parameter, error) {
	d := object.Parameter{Name: p.Name, Type: "Object", Position: i, Switch: isSwitch(p)}
	if p.Type != nil {
		d.Type = strings.TrimPrefix(p.Type.Name, "System.")
		if takesNumbers(d.Type) || isNumberType(p.Type.Name) {
			d.Type = "Object"
		}
	}
	if d.Switch {
		d.Type, d.Position = "SwitchParameter", object.Named
	}
	for i := range p.Attributes {
		if err := in.describeBy(&d, &p.Attributes[i]); err != nil {
			return d, err
		}
	}
	return d, nil
}

// isNumberType reports whether parameters of a type take a number written without
// quotes as a number.
func isNumberType(typ string) bool {
	switch strings.TrimSuffix(plainType(typ), "[]") {
	case "int", "int32", "int64", "long", "double", "bool", "boolean", "object", "uint32", "uint64", "decimal", "array":
		return true
	}
	return false
}

func (in *Interp) describeBy(d *object.Parameter, a *syntax.Attribute) error {
	switch attributeName(a) {
	case "alias":
		for _, e := range a.Args {
			v, err := in.eval(e)
			if err != nil {
				return err
			}
			d.Aliases = append(d.Aliases, in.text(e, v))
		}
	case "parameter":
		return in.describeParameter(d, a)
	case "validateset":
		set, err := in.attributeArgs(a)
		if err != nil {
			return err
		}
		for _, v := range set {
			d.Values = append(d.Values, object.Text(v))
		}
	case "validaterange", "validatelength", "validatecount", "validatepattern", "validatescript", "validatenotnull",
		"validatenotnullorempty", "allownull", "allowemptystring", "allowemptycollection", "cmdletbinding":
	default:
		return &Error{Where: a.Span, Code: source.CodeUnsupported, Err: errors.New("the attribute [" + a.Name + "] isn't supported"), Fix: "use " + attributes}
	}
	return nil
}

func attributeName(a *syntax.Attribute) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(a.Name), "system.management.automation."), "attribute")
}

// describeParameter reads [Parameter(…)]. Help texts and parameter sets in it have no
// effect.
func (in *Interp) describeParameter(d *object.Parameter, a *syntax.Attribute) error {
	for _, arg := range a.Named {
		var v object.Value = true
		if arg.Value != nil {
			var err error
			if v, err = in.eval(arg.Value); err != nil {
				return err
			}
		}
		switch strings.ToLower(arg.Name) {
		case "mandatory":
			d.Mandatory = object.Truth(v)
		case "position":
			position, ok := wholeNumber(v)
			if !ok || position < 0 || position > 1000 {
				return failf(arg.Value, "Position is a whole number from 0")
			}
			d.Position = int(position)
		case "valuefrompipeline":
			d.Pipeline = object.Truth(v)
		case "valuefrompipelinebypropertyname":
			d.PipelineByName = object.Truth(v)
		case "valuefromremainingarguments":
			d.Remaining = object.Truth(v)
		case "helpmessage", "parametersetname", "dontshow", "helpmessagebasename", "helpmessageresourceid":
		default:
			return &Error{Where: a.Span, Err: fmt.Errorf("[Parameter] has no %.40s", arg.Name),
				Fix: "use Mandatory, Position, ValueFromPipeline, ValueFromPipelineByPropertyName, ValueFromRemainingArguments, HelpMessage or ParameterSetName"}
		}
	}
	return nil
}

func (in *Interp) attributeArgs(a *syntax.Attribute) ([]object.Value, error) {
	var values []object.Value
	for _, e := range a.Args {
		v, err := in.eval(e)
		if err != nil {
			return nil, err
		}
		must(e, in.keep(v, len(values)+1))
		values = append(values, object.Items(v)...)
	}
	return values, nil
}

// validate holds a value against the attributes of its parameter.
func (in *Interp) validate(n syntax.Node, p *syntax.Param, v object.Value) error {
	for i := range p.Attributes {
		a := &p.Attributes[i]
		name := attributeName(a)
		switch name {
		case "validatenotnull", "validatenotnullorempty":
			if v == nil || name == "validatenotnullorempty" && (v == "" || emptyList(v)) {
				return failf(n, "$%s can't be empty", p.Name)
			}
			continue
		case "validateset", "validaterange", "validatelength", "validatecount", "validatepattern", "validatescript":
		default:
			continue
		}
		args, err := in.attributeArgs(a)
		if err != nil {
			return err
		}
		items := object.Items(v)
		if name == "validatecount" {
			items = []object.Value{int64(len(items))}
		}
		for _, item := range items {
			ok, err := in.valid(n, a, name, args, item)
			if err != nil {
				return err
			}
			if !ok {
				return failf(n, "%s isn't what $%s may be: %.200s", quoteValue(item), p.Name, strings.TrimSpace(a.Text()))
			}
		}
	}
	return nil
}

func emptyList(v object.Value) bool {
	l, ok := v.(*object.List)
	return ok && len(l.Items) == 0
}

// quoteValue shows a value in a message, but no secret and not much of it.
func quoteValue(v object.Value) string {
	if _, ok := v.(*object.Secure); ok {
		return "the value"
	}
	return fmt.Sprintf("%.64q", object.Text(scalar(v)))
}

// valid holds one value against one attribute.
func (in *Interp) valid(n syntax.Node, a *syntax.Attribute, name string, args []object.Value, item object.Value) (bool, error) {
	if name == "validatelength" {
		item = int64(utf8.RuneCountInString(in.text(n, item)))
	}
	switch {
	case name == "validateset":
		return in.contains(n, false, object.NewList(args...), item), nil
	case name == "validatepattern" && len(args) == 1:
		v, err := in.match(n, true, false, item, args[0])
		return object.Truth(v), err
	case name == "validatescript" && len(args) == 1:
		if b, ok := args[0].(*block); ok {
			v, err := in.result(b, item)
			return object.Truth(v), err
		}
	case len(args) == 2:
		low, err := object.Compare(item, args[0])
		if err != nil {
			return false, at(n, err)
		}
		high, err := object.Compare(item, args[1])
		return low >= 0 && high <= 0, at(n, err)
	}
	return false, &Error{Where: a.Span, Err: errors.New("the attribute's arguments are not valid")}
}
