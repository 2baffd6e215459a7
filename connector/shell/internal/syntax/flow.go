package syntax

// Loop is while, do … while, do … until and for.
type Loop struct {
	Span
	Label string    // of :label before it, "" if none
	Init  Statement // of for, run once before; may be nil
	Cond  Statement // nil: always true
	Step  Statement // of for, run after each round; may be nil
	Until bool      // do … until: the loop goes on while Cond is false
	After bool      // do: the body runs before Cond is looked at
	Body  *Block
}

// Switch runs the clauses that match a value, or each of several.
type Switch struct {
	Span
	Label         string
	Mode          Operator // Eq, Like for -wildcard, Match for -regex
	CaseSensitive bool
	On            Statement
	Clauses       []SwitchClause
	Default       *Block // nil without one
}

// SwitchClause is one value, pattern or condition in braces with its block.
type SwitchClause struct {
	Match Expr
	Body  *Block
}

// Try is try with its catches, its finally or both.
type Try struct {
	Span
	Body    *Block
	Catches []Catch
	Finally *Block // nil without one
}

// Catch is one catch. Without types it takes every error.
type Catch struct {
	Types []TypeName
	Body  *Block
}

// TypeName is a type in brackets.
type TypeName struct {
	Span
	Name string // as written between the brackets: "string", "int[]"
}

// FlowKind is the effect of a Flow.
type FlowKind string

// The kinds of Flow.
const (
	Return   FlowKind = "return"
	Break    FlowKind = "break"
	Continue FlowKind = "continue"
	Exit     FlowKind = "exit"
	Throw    FlowKind = "throw"
)

// Flow is return, break, continue, exit or throw.
type Flow struct {
	Span
	Kind  FlowKind
	Label string    // of break and continue, "" if none
	Value Statement // of return, exit and throw: a *Pipeline or *Assign; nil if none
}

// Function defines a function or a filter.
type Function struct {
	Span
	Name     string
	NameSpan Span
	Params   []*Param
	// Advanced says that [CmdletBinding()] or [Parameter()] is there: the
	// function takes no arguments beyond its parameters.
	Advanced bool
	// Begin, Process and End are nil where the body has no such block. A body that
	// isn't divided is End, or Process in a filter.
	Begin, Process, End *Block
}

// Param is one parameter of a function or script.
type Param struct {
	Span
	Name       string    // without the dollar sign
	Type       *TypeName // nil without one; of several the last one
	Default    Expr      // nil without one
	Attributes []Attribute
}

// Attribute is [Name(…)] before a parameter.
type Attribute struct {
	Span
	Name  string
	Args  []Expr
	Named []AttributeArg
}

// AttributeArg is Name = value within an attribute.
type AttributeArg struct {
	Name  string
	Value Expr // nil: the name alone, which is true
}

// Static is [type]::Name or [type]::Name(args).
type Static struct {
	Span
	Type     TypeName
	Name     string
	NameSpan Span
	Call     bool
	Args     []Expr
}

// Type is [type] as a value: what -is and -as compare with.
type Type struct {
	Span
	Name string
}

func (*Loop) statement()     {}
func (*Switch) statement()   {}
func (*Try) statement()      {}
func (*Flow) statement()     {}
func (*Function) statement() {}

func (*Static) expr() {}
func (*Type) expr()   {}
