package object

import (
	"context"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Command is one cmdlet as the interpreter sees it. A Command may also be a
// Confirmer or a Completer.
type Command interface {
	Name() string            // "New-ReceiveConnector"
	Parameters() []Parameter // for binding, completion and help; the same slice each time

	// Run does the work for one object of the pipeline, or once if it stands
	// first. An error stops this object only, unless -ErrorAction is Stop.
	Run(call *Call) error
}

// Confirmer is a Command that asks before it acts even without -Confirm, as the
// Remove cmdlets do.
type Confirmer interface {
	Command
	ConfirmsByDefault() bool
}

// Completer is a Command that knows values of a parameter, such as identities.
type Completer interface {
	Command

	// Complete returns the values of the parameter, given by its full name, that
	// begin with prefix in any letter case.
	Complete(parameter, prefix string) []string
}

// Helper is a Command that has a sentence about itself for Get-Help.
type Helper interface {
	Command
	Synopsis() string
}

// Parameter is one parameter of a Command.
type Parameter struct {
	Name     string
	Aliases  []string
	Type     string   // .NET name without a namespace, for help and messages: "String", "Boolean"
	Values   []string // what an enumeration accepts, for completion and help; nil otherwise
	Position int      // order among positional parameters, from 0; -1: named only
	Help     string   // a sentence

	Mandatory      bool
	Switch         bool // takes no value but -Name:$false
	Pipeline       bool // takes objects of the pipeline
	PipelineByName bool // takes the property of its name from objects of the pipeline
	Remaining      bool // takes all remaining positional values, as a List

	// Objects are the types of objects of the pipeline that it takes, and that no
	// other parameter takes then: servers, of -Server.
	Objects []string
}

// Named is the Position of a parameter that is named only.
const Named = -1

// Call is one run of a Command. It is good until Run returns.
type Call struct {
	Context context.Context

	// Args are the values given, by full parameter name. A switch that was given
	// is a bool. A parameter that wasn't given is absent, one given as $null is nil.
	Args map[string]Value

	// Input is the object of the pipeline that this run is for; nil if the command
	// gets no input. If a parameter takes it, it is in Args too.
	Input Value
	Piped bool // the command doesn't stand first in its pipeline

	// Target is the variable that the pipeline's result is assigned to, without
	// the $: mycred in $mycred = Get-Credential. It is empty if the result isn't
	// assigned.
	Target string

	Emit    func(Value) error // hands an object on; its error must be returned
	Warn    func(text string)
	Verbose func(text string) // shown with -Verbose only

	// Confirm asks whether to go on, and must be asked before anything changes.
	// With -WhatIf it prints what would be done and is false; with -Confirm, or
	// for a Confirmer without -Confirm:$false, it asks the user if there is one.
	// A false without an error means: do nothing, return nil.
	Confirm func(action, target string) (bool, error)
	WhatIf  bool // for commands that need more than the result of Confirm

	Pos source.Position                        // where the command stands
	At  func(parameter string) source.Position // where the argument of that full name stands; Pos if it came from the pipeline
}

// ArgumentError is an error of Run that is about one argument. The interpreter
// underlines that argument instead of the command.
type ArgumentError struct {
	Parameter string // full name
	Err       error
}

// Error returns the parameter and the text of Err.
func (e *ArgumentError) Error() string { return "-" + e.Parameter + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *ArgumentError) Unwrap() error { return e.Err }

// Has reports whether the parameter of that full name was given.
func (c *Call) Has(name string) bool {
	_, ok := c.Args[name]
	return ok
}

// Switch reports whether the switch of that full name is on.
func (c *Call) Switch(name string) bool { return Truth(c.Args[name]) }
