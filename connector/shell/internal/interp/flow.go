package interp

import (
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// errJump leaves a loop, a function or the script. It is returned up to the code that
// runs that loop, function or script.
type errJump struct {
	kind syntax.FlowKind
	loop int // of break and continue: which loop of the function, from 1
	code int // of exit
	node syntax.Node
}

func (j *errJump) Error() string { return string(j.kind) + " outside of a loop, function or script" }

// jump runs return, break, continue, exit and throw.
func (in *Interp) jump(s *syntax.Flow, emit emitter) error {
	switch s.Kind {
	case syntax.Return:
		if s.Value != nil {
			if err := in.settle(s.Value, in.exec(s.Value, emit)); err != nil {
				return err
			}
		}
		return &errJump{kind: s.Kind, node: s}
	case syntax.Exit:
		return in.exit(s)
	case syntax.Throw:
		return in.throw(s)
	}
	loop := len(in.at.loops)
	if s.Label != "" {
		for loop > 0 && !strings.EqualFold(in.at.loops[loop-1], s.Label) {
			loop--
		}
	}
	switch {
	case loop > 0:
		return &errJump{kind: s.Kind, loop: loop, node: s}
	case s.Label != "":
		return failf(s, "%s names the loop %s, and no loop around it has that label", s.Kind, s.Label)
	}
	return &Error{Where: s.Span, Err: errors.New(string(s.Kind) + " has no loop around it"),
		Fix: "use return, which goes on with the next object in ForEach-Object { … }"}
}

func (in *Interp) exit(s *syntax.Flow) error {
	code := int64(0)
	if s.Value != nil {
		v, err := in.value(s.Value)
		if err != nil {
			return err
		}
		var ok bool
		if code, ok = wholeNumber(v); !ok || code < 0 || code > 255 {
			return failf(s.Value, "exit takes a whole number from 0 to 255")
		}
	}
	return &errJump{kind: syntax.Exit, code: int(code), node: s}
}

// returned returns nil for the jump of return, with which a block or function ends, and
// other errors as they are.
func returned(err error) error {
	var jump *errJump
	if errors.As(err, &jump) && jump.kind == syntax.Return {
		return nil
	}
	return err
}

// outcome is how a round of a loop ended.
type outcome uint8

const (
	through   outcome = iota // the block came to its end
	continued                // by continue
	broken                   // by break
)

// round runs the block of a loop once.
type round func(*syntax.Block) (outcome, error)

// looping runs the rounds of a loop.
func (in *Interp) looping(n syntax.Node, label string, emit emitter, rounds func(round) error) error {
	around := in.at
	defer func() { in.at = around }()
	in.at.loops = append(slices.Clip(around.loops), label)
	emit = in.outside(around, emit)
	return rounds(func(body *syntax.Block) (outcome, error) {
		must(n, in.m.step(1))
		err := in.runBody(body.Body, emit)
		var jump *errJump
		switch {
		case !errors.As(err, &jump) || jump.loop != len(in.at.loops):
			return through, err
		case jump.kind == syntax.Break:
			return broken, nil
		}
		return continued, nil
	})
}

func (in *Interp) foreach(s *syntax.ForEach, emit emitter) error {
	over, err := in.value(s.In)
	if err != nil {
		return err
	}
	items := object.Items(over)
	return in.looping(s, s.Label, emit, func(run round) error {
		// The list may grow while it is walked through; what it was counts.
		for _, item := range items[:len(items):len(items)] {
			if err := in.setVariable(s.Variable, item); err != nil {
				return err
			}
			if end, err := run(s.Body); end == broken || err != nil {
				return err
			}
		}
		return nil
	})
}

// loop runs while, do and for.
func (in *Interp) loop(s *syntax.Loop, emit emitter) error {
	if err := in.quietly(s.Init); err != nil {
		return err
	}
	return in.looping(s, s.Label, emit, func(run round) error {
		for first := true; ; first = false {
			if !(first && s.After) {
				if on, err := in.goesOn(s); !on || err != nil {
					return err
				}
			}
			if end, err := run(s.Body); end == broken || err != nil {
				return err
			}
			if err := in.quietly(s.Step); err != nil {
				return err
			}
		}
	})
}

// goesOn looks at the condition of a loop.
func (in *Interp) goesOn(s *syntax.Loop) (bool, error) {
	if s.Cond == nil {
		return true, nil
	}
	v, err := in.value(s.Cond)
	return object.Truth(v) != s.Until, err
}

// quietly runs a part of for, whose output is thrown away.
func (in *Interp) quietly(s syntax.Statement) error {
	if s == nil {
		return nil
	}
	return in.exec(s, func(object.Value) error { return nil })
}

// choose runs switch: for each value every clause that matches, until break, and
// default if none did.
func (in *Interp) choose(s *syntax.Switch, emit emitter) error {
	on, err := in.value(s.On)
	if err != nil {
		return err
	}
	items := []object.Value{on}
	if l, ok := on.(*object.List); ok {
		items = l.Items
	}
	return in.looping(s, s.Label, emit, func(run round) error {
		for _, item := range items[:len(items):len(items)] {
			var end outcome
			err := in.withCurrent(item, func() (err error) {
				end, err = in.chooseFor(s, item, run)
				return err
			})
			if end == broken || err != nil {
				return err
			}
		}
		return nil
	})
}

// chooseFor runs the clauses for one value.
func (in *Interp) chooseFor(s *syntax.Switch, item object.Value, run round) (outcome, error) {
	matched := false
	for _, c := range s.Clauses {
		yes, err := in.matches(s, c.Match, item)
		if err != nil {
			return broken, err
		}
		if !yes {
			continue
		}
		matched = true
		if end, err := run(c.Body); end != through || err != nil {
			return end, err
		}
	}
	if matched || s.Default == nil {
		return through, nil
	}
	return run(s.Default)
}

// matches reports whether a clause of switch is for the value.
func (in *Interp) matches(s *syntax.Switch, match syntax.Expr, item object.Value) (bool, error) {
	want, err := in.eval(match)
	if err != nil {
		return false, err
	}
	if b, ok := want.(*block); ok {
		v, err := in.result(b, item)
		return object.Truth(v), err
	}
	if s.Mode == syntax.Eq {
		must(match, in.m.read(item))
		return in.equal(match, s.CaseSensitive, item, want), nil
	}
	v, err := in.binary(match, s.Mode, s.CaseSensitive, item, want)
	return object.Truth(v), err
}
