package partition

// Limits of an Effort. A step is some nanoseconds, and what is kept some hundred bytes, so
// an analysis ends within a minute and takes less than a gigabyte.
const (
	maxSteps = 2_000_000_000
	maxKept  = 1_000_000
)

// Effort counts the steps of an analysis and what it keeps, and ends it at a limit. So how
// far an analysis goes depends on the policies alone and not on the machine.
type Effort struct {
	steps, kept int // the remaining ones
}

// NewEffort returns the effort of one analysis.
func NewEffort() *Effort { return &Effort{maxSteps, maxKept} }

// Spend counts steps, and reports whether the analysis may go on.
func (e *Effort) Spend(steps int) bool {
	e.steps -= min(steps, e.steps+1)
	return !e.Exceeded()
}

// Keep counts elements that are kept, and reports whether the analysis may go on.
func (e *Effort) Keep(n int) bool {
	e.kept -= min(n, e.kept+1)
	return e.Spend(n)
}

// Part runs a part of the analysis, of which nothing is kept.
func (e *Effort) Part(run func()) {
	kept := e.kept
	run()
	if e.kept >= 0 {
		e.kept = kept
	}
}

// Why says that a limit was exceeded.
func (e *Effort) Why() string {
	return "its ranges, grants and address spaces combine in more ways than can be examined"
}

// Exceeded reports whether a limit is exceeded: the results are incomplete then.
func (e *Effort) Exceeded() bool { return e.steps < 0 || e.kept < 0 }
