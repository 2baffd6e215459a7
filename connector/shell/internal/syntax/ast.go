package syntax

// Node is any part of a script that has a place in it.
type Node interface {
	Where() Span
}

// Script is one parsed script.
type Script struct {
	Source *Source
	Params []*Param // of param (…) at its beginning
	Body   []Statement
}

// Statement is one of *Pipeline, *Assign, *If, *ForEach and those in flow.go.
type Statement interface {
	Node
	statement()
}

// Pipeline is commands and expressions joined by |. A statement that is a
// lone command or a lone expression is a pipeline of one element.
type Pipeline struct {
	Span
	Elements []Element // at least one
}

// Element is one stage of a pipeline: *Command, or, as the first stage only,
// *ExprElement.
type Element interface {
	Node
	element()
}

// ExprElement is an expression as a stage of a pipeline. The stage emits the
// expression's value; a list emits its items one by one.
type ExprElement struct {
	Span
	Value Expr
	// ToNull says that the output was sent to $null (expression > $null).
	ToNull bool
}

// Command is a cmdlet with its arguments, in the order written.
type Command struct {
	Span
	Name     string // as written: "Get-ReceiveConnector", "where", "%", "?"
	NameSpan Span
	Args     []Arg
	// ToNull are the streams sent to $null by >$null, 2>$null and so on.
	ToNull []Stream
}

// Stream is an output stream of a command.
type Stream uint8

// The streams that can be sent to $null.
const (
	StreamAll     Stream = 0 // *>
	StreamOutput  Stream = 1 // > or 1>
	StreamError   Stream = 2
	StreamWarning Stream = 3
	StreamVerbose Stream = 4
)

// Arg is one of *Parameter, *Argument and *Splat.
type Arg interface {
	Node
	arg()
}

// Parameter is -Name or -Name:value. A value that follows after a space is a
// separate *Argument: whether it belongs to the parameter is known only when
// the command is (a switch takes none).
type Parameter struct {
	Span
	Name  string // without the dash, as written
	Value Expr   // of -Name:value; nil without a colon
}

// Argument is a value among the arguments of a command.
type Argument struct {
	Span
	Value Expr
}

// Splat is @params: the entries of a hashtable become parameters.
type Splat struct {
	Span
	Variable *Variable
}

// Assign is target = value, target += value and so on. $i++ and $i-- are
// += 1 and -= 1.
type Assign struct {
	Span
	// Target is a *Variable, *Member, *Index, *Null ($null = …: the value is
	// thrown away), a *Cast of a *Variable ([int]$x = …: the value is
	// converted first), or an *Array of variables ($first, $rest = …).
	Target Expr
	Op     Operator // Set, or the operator of a compound assignment: Add, Sub, Mul, Div, Mod
	// Value is a *Pipeline, an *If or a *ForEach whose output is assigned, or
	// another *Assign ($a = $b = 1).
	Value Statement
}

// If is if/elseif/else.
type If struct {
	Span
	Clauses []IfClause // if and its elseifs: at least one
	Else    *Block     // nil without else
}

// IfClause is one condition with its block.
type IfClause struct {
	Cond Statement // a *Pipeline or *Assign
	Body *Block
}

// ForEach is foreach ($variable in pipeline) { … }.
type ForEach struct {
	Span
	Label    string // of :label before it, "" if none
	Variable *Variable
	In       Statement // a *Pipeline
	Body     *Block
}

// Block is { statements } after a keyword.
type Block struct {
	Span
	Body []Statement
}

func (*Pipeline) statement() {}
func (*Assign) statement()   {}
func (*If) statement()       {}
func (*ForEach) statement()  {}

func (*Command) element()     {}
func (*ExprElement) element() {}

func (*Parameter) arg() {}
func (*Argument) arg()  {}
func (*Splat) arg()     {}

// Expr is an expression: *String, *Expand, *Number, *Bool, *Null, *Variable,
// *Array, *ArrayExpr, *SubExpr, *Paren, *Hash, *ScriptBlock, *Member, *Call,
// *Index, *Cast, *Static, *Type, *Unary or *Binary.
type Expr interface {
	Node
	expr()
}

// String is a string with nothing to expand: a bareword, 'single', a
// here-string, or "double" without variables. Escapes are resolved.
type String struct {
	Span
	Value string
	Bare  bool // written without quotes, in argument mode
}

// Expand is a string with variables or sub-expressions in it: the texts of
// its parts, joined. Text parts are *String, the others *Variable or
// *SubExpr. A bareword with variables in it (SMTP:$domain;1) is one too.
type Expand struct {
	Span
	Parts []Expr
	Bare  bool
}

// Number is a number. In argument mode a bareword that reads as a number is
// one, and a command that wants a string takes Text: 10MB, 010.
type Number struct {
	Span
	Value any    // int64 or float64, suffix applied (10MB is 10485760)
	Text  string // as written
}

// Bool is $true or $false.
type Bool struct {
	Span
	Value bool
}

// Null is $null.
type Null struct{ Span }

// Variable is $name, ${name}, $scope:name or $env:NAME. $PSItem is given as
// "_".
type Variable struct {
	Span
	Scope string // "", or in lower case: "env", "global", "script", "local"
	Name  string // as written; names compare without regard to case
}

// Array is the comma operator: a,b,c, or ,a.
type Array struct {
	Span
	Items []Expr
}

// ArrayExpr is @( … ): the output of the statements, always as a list.
type ArrayExpr struct {
	Span
	Body []Statement
}

// SubExpr is $( … ): the output of the statements: nothing, one value or a
// list.
type SubExpr struct {
	Span
	Body []Statement
}

// Paren is ( … ): the output of one pipeline, or the value of an assignment.
type Paren struct {
	Span
	Body Statement // *Pipeline or *Assign
}

// Hash is @{ … }. [ordered]@{ … } is a *Cast of one; hashtables here are always ordered.
type Hash struct {
	Span
	Entries []HashEntry
}

// HashEntry is one key = value.
type HashEntry struct {
	Key   Expr // a bareword is a *String
	Value Statement
}

// ScriptBlock is { … } as a value.
type ScriptBlock struct {
	Span
	Body []Statement
}

// Member is object.Name.
type Member struct {
	Span
	Object   Expr
	Name     string
	Computed Expr // of object.$name: what gives the name; nil otherwise
	NameSpan Span
}

// Call is object.Name(args).
type Call struct {
	Span
	Object   Expr
	Name     string
	NameSpan Span
	Args     []Expr
}

// Index is object[index]; an index of several values picks several items.
type Index struct {
	Span
	Object Expr
	Index  Expr
}

// Cast is [type]value.
type Cast struct {
	Span
	Type     string // as written between the brackets: "string", "int", "string[]"
	TypeSpan Span
	Value    Expr
}

// Unary is an operator before its operand: Not, Neg, Plus, BitNot, Join or Split.
type Unary struct {
	Span
	Op      Operator
	Operand Expr
}

// Binary is an operator between its operands.
type Binary struct {
	Span
	Op     Operator
	OpSpan Span
	// CaseSensitive is set by the -c variants (-ceq, -clike …). The -i
	// variants and the plain ones disregard case.
	CaseSensitive bool
	Left, Right   Expr
}

func (*String) expr()      {}
func (*Expand) expr()      {}
func (*Number) expr()      {}
func (*Bool) expr()        {}
func (*Null) expr()        {}
func (*Variable) expr()    {}
func (*Array) expr()       {}
func (*ArrayExpr) expr()   {}
func (*SubExpr) expr()     {}
func (*Paren) expr()       {}
func (*Hash) expr()        {}
func (*ScriptBlock) expr() {}
func (*Member) expr()      {}
func (*Call) expr()        {}
func (*Index) expr()       {}
func (*Cast) expr()        {}
func (*Unary) expr()       {}
func (*Binary) expr()      {}

// Operator is an operator, named as it is written.
type Operator string

// The operators.
const (
	Set Operator = "=" // assignment only

	Not  Operator = "-not" // also written !
	Neg  Operator = "neg"  // unary minus
	Plus Operator = "plus" // unary plus

	BitNot     Operator = "-bnot"
	BitAnd     Operator = "-band"
	BitOr      Operator = "-bor"
	BitXor     Operator = "-bxor"
	ShiftLeft  Operator = "-shl"
	ShiftRight Operator = "-shr"

	Add   Operator = "+"
	Sub   Operator = "-"
	Mul   Operator = "*"
	Div   Operator = "/"
	Mod   Operator = "%"
	Range Operator = ".."

	Format  Operator = "-f"
	Join    Operator = "-join"  // also unary
	Split   Operator = "-split" // also unary
	Replace Operator = "-replace"

	Eq          Operator = "-eq"
	Ne          Operator = "-ne"
	Gt          Operator = "-gt"
	Ge          Operator = "-ge"
	Lt          Operator = "-lt"
	Le          Operator = "-le"
	Like        Operator = "-like"
	NotLike     Operator = "-notlike"
	Match       Operator = "-match"
	NotMatch    Operator = "-notmatch"
	Contains    Operator = "-contains"
	NotContains Operator = "-notcontains"
	In          Operator = "-in"
	NotIn       Operator = "-notin"
	Is          Operator = "-is"
	IsNot       Operator = "-isnot"
	As          Operator = "-as"

	And Operator = "-and"
	Or  Operator = "-or"
	Xor Operator = "-xor"
)
