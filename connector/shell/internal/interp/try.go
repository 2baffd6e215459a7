package interp

import (
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
)

// try runs try, catch and finally. Every error within the try ends it, those of
// cmdlets that would go on outside, too.
func (in *Interp) try(s *syntax.Try, emit emitter) error {
	for _, c := range s.Catches {
		for _, t := range c.Types {
			if !catchesAll(t.Name) && !catchesMissing(t.Name) {
				return &Error{Where: t.Span, Code: source.CodeUnsupported, Err: errors.New("errors have no type [" + t.Name + "] here"), Fix: "use catch { … } without a type: it catches them all"}
			}
		}
	}
	mine, err := in.attempt(s, emit)
	if mine {
		err = in.catch(s, err, emit)
	}
	if s.Finally != nil && !in.m.fatal(err) {
		if last := in.runBody(s.Finally.Body, emit); last != nil {
			return last
		}
	}
	return err
}

// attempt runs the block of try. mine says that its error is for the catches: not
// one of a stage that the output went to.
func (in *Interp) attempt(s *syntax.Try, emit emitter) (mine bool, err error) {
	around := in.at
	defer func() { in.at = around }()
	if s.Catches != nil {
		in.at.tries++
	}
	var elsewhere error
	out := in.outside(around, emit)
	err = in.runBody(s.Body.Body, func(v object.Value) error {
		elsewhere = out(v)
		return elsewhere
	})
	var end *errTerminate
	switch {
	case err == nil, s.Catches == nil, isStop(err), in.m.fatal(err), errors.As(err, &end):
		return false, err
	}
	return elsewhere == nil || !errors.Is(err, elsewhere), err
}

// catch runs the first catch that takes an error, with the error as $_.
func (in *Interp) catch(s *syntax.Try, err error, emit emitter) error {
	e := asError(at(s, err))
	for _, c := range s.Catches {
		if !takes(c, e) {
			continue
		}
		return in.withCurrent(in.remember(e), func() error { return in.runBody(c.Body.Body, emit) })
	}
	return e
}

// takes reports whether a catch is for an error.
func takes(c syntax.Catch, e *Error) bool {
	var missing interface{ NotFound() bool }
	for _, t := range c.Types {
		if catchesAll(t.Name) || catchesMissing(t.Name) && errors.As(e, &missing) && missing.NotFound() {
			return true
		}
	}
	return c.Types == nil
}

// catchesAll holds for the types that every error has.
func catchesAll(typ string) bool {
	return slices.Contains([]string{"exception", "systemexception", "runtimeexception", "cmdletinvocationexception", "remoteexception",
		"localizedexception"}, short(typ))
}

// catchesMissing holds for the types of errors about what wasn't found.
func catchesMissing(typ string) bool {
	return slices.Contains([]string{"managementobjectnotfoundexception", "itemnotfoundexception", "objectnotfoundexception",
		"filenotfoundexception"}, short(typ))
}

// thrown is the error of throw.
type thrown struct {
	value object.Value
	text  string
}

func (t *thrown) Error() string { return t.text }

// throw runs throw. The error of a catch can be thrown again.
func (in *Interp) throw(s *syntax.Flow) error {
	var v object.Value = "the script threw an error without a text"
	if s.Value != nil {
		var err error
		if v, err = in.value(s.Value); err != nil {
			return err
		}
	} else if _, ok := in.get(currentObject).(*object.Object); ok {
		v = in.get(currentObject)
	}
	if o, ok := v.(*object.Object); ok {
		if e, ok := o.Ref.(*Error); ok {
			return e
		}
	}
	text := in.text(s, v)
	return &Error{Where: s.Span, Err: &thrown{v, visible(text)}}
}

// remember puts an error into $Error, the newest first, and returns the record of
// it.
func (in *Interp) remember(e *Error) *object.Object {
	_ = in.m.step(50) // what can't be paid ends the script at the next step
	r := errorRecord(e)
	kept := object.NewList(r)
	if old, ok := in.global.vars["ERROR"].(*object.List); ok {
		if len(old.Items) > 0 && old.Items[0].(*object.Object).Ref == any(e) {
			return old.Items[0].(*object.Object)
		}
		kept.Items = append(kept.Items, old.Items[:min(len(old.Items), maxWarnings)]...)
	}
	in.global.vars["ERROR"] = kept
	return r
}

// errorRecord is an error as scripts see it.
func errorRecord(e *Error) *object.Object {
	text := e.Err.Error()
	exception := row("Exception", "Message", text, "InnerException", nil)
	exception.Text = text
	where := row("InvocationInfo", "MyCommand", e.Command, "ScriptName", e.Where.File(),
		"ScriptLineNumber", int64(e.Where.Line()), "OffsetInLine", int64(e.Where.Col()),
		"Line", strings.TrimSpace(e.Where.LineText()), "PositionMessage", "At "+e.Where.String())
	var target object.Value
	var t *thrown
	if errors.As(e, &t) {
		target = t.value
	}
	r := row("ErrorRecord", "Exception", exception, "TargetObject", target, "CategoryInfo", "NotSpecified",
		"FullyQualifiedErrorId", text, "ErrorDetails", nil, "InvocationInfo", where, "ScriptStackTrace", "at "+e.Where.String())
	r.Text, r.Ref, r.Columns = text, e, []string{"Exception"}
	return r
}
