package interp

import (
	"io"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Options are the parts of the world that a script can see. The zero Options runs
// scripts that compute and print nothing.
type Options struct {
	Commands  []object.Command
	Variables map[string]object.Value // names without $; copied

	// Env answers $env:NAME. Nil: every one is empty.
	Env func(name string) (string, bool)

	// FS has the files that Import-Csv and other cmdlets read and write. Nil: every such
	// cmdlet fails.
	FS FS

	// Out gets what the script prints. Nil: nothing is printed.
	Out io.Writer

	// Warn gets warnings. Nil: they are printed to Out as PowerShell does.
	Warn func(pos source.Position, text string)

	// Confirm asks the user. Nil: there is no user to ask.
	Confirm func(question string) (bool, error)

	// Ask answers for a mandatory parameter of a function or script; false: it stays
	// out. Nil: it always stays out.
	Ask func(command, parameter string) (string, bool)

	// Answer answers Read-Host. Nil: the cmdlet fails.
	Answer func(Question) (auth.Secret, error)

	// Now is the clock of Get-Date. Nil: the cmdlet fails.
	Now func() time.Time

	Limits Limits
	Width  int // columns of the output; zero: DefaultWidth
}

// Question is a question of Read-Host.
type Question struct {
	Variable string // that the answer is assigned to, without the $; "" if to none
	Prompt   string // "" if none
	Secret   bool   // nothing is to be seen of the answer
	Pos      source.Position
}

// DefaultWidth is the width of output without Options.Width.
const DefaultWidth = 120

// FS is the files that a script may read and write.
type FS interface {
	ReadFile(name string) ([]byte, error)
	WriteFile(name string, data []byte) error
}

// Limits bounds what a script may use. A zero field is its default.
type Limits struct {
	Steps  int64 // expressions evaluated and objects moved, by one Run
	Depth  int   // expressions and script blocks within each other
	Calls  int   // functions within each other
	Output int64 // bytes printed by one Run
	Memory int64 // bytes of all strings and lists built by one Run, kept or not
	String int   // bytes of one string
	List   int   // elements of one list
	Errors int   // errors after which a Run stops
}

// The defaults of Limits. A hundred thousand commands with twenty parameters each
// take about five million steps.
const (
	DefaultSteps  = 50_000_000
	DefaultDepth  = 200
	DefaultCalls  = 64
	DefaultOutput = 256 << 20
	DefaultMemory = 1 << 30
	DefaultString = 4 << 20
	DefaultList   = 1_000_000
	DefaultErrors = 100
)

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	orDefault(&l.Steps, DefaultSteps)
	orDefault(&l.Depth, DefaultDepth)
	orDefault(&l.Calls, DefaultCalls)
	orDefault(&l.Output, DefaultOutput)
	orDefault(&l.Memory, DefaultMemory)
	orDefault(&l.String, DefaultString)
	orDefault(&l.List, DefaultList)
	orDefault(&l.Errors, DefaultErrors)
	return l
}

func orDefault[T int | int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}
