package interp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// ErrLimit is wrapped by the error of a script that used more than its Limits.
var ErrLimit = errors.New("the script uses too much")

// meter counts what one Run uses.
type meter struct {
	ctx    context.Context
	limits Limits
	steps  int64
	memory int64
	output int64
	depth  int
	calls  int
}

// ctxEvery is how many steps pass between two looks at the context.
const ctxEvery = 256

// step pays for n steps.
func (m *meter) step(n int64) error {
	before := m.steps
	m.steps += n
	if m.steps > m.limits.Steps || n < 0 {
		return fmt.Errorf("%w: more than %d steps", ErrLimit, m.limits.Steps)
	}
	if m.output > m.limits.Output { // of what was printed beside the pipeline, too
		return m.tooMuchOutput()
	}
	if before/ctxEvery != m.steps/ctxEvery {
		return m.ctx.Err()
	}
	return nil
}

// alloc pays for n bytes.
func (m *meter) alloc(n int64) error {
	m.memory += n
	if m.memory > m.limits.Memory || n < 0 {
		return fmt.Errorf("%w: more than %d bytes of values", ErrLimit, m.limits.Memory)
	}
	return nil
}

// text pays for a string of n bytes that is about to be built.
func (m *meter) text(n int) error {
	if n > m.limits.String || n < 0 {
		return fmt.Errorf("%w: a string of more than %d bytes", ErrLimit, m.limits.String)
	}
	return m.alloc(int64(n))
}

// grow pays for n more bytes of a string that has size bytes with them.
func (m *meter) grow(size, n int) error {
	if size > m.limits.String || size < 0 {
		return m.text(size)
	}
	return m.alloc(int64(n))
}

// read pays for looking through v once.
func (m *meter) read(v object.Value) error {
	switch v := v.(type) {
	case string:
		return m.step(int64(len(v)) / 32)
	case *object.List:
		return m.step(int64(len(v.Items)))
	case *object.Table:
		return m.step(int64(v.Len()))
	}
	return nil
}

// clamp returns n as an int, or the largest int, which exceeds every limit, where n is
// larger than that: an int has 32 bits on some systems.
func clamp(n int64) int { return int(min(n, math.MaxInt)) }

// list checks the length of a list that is about to be built; its bytes are paid
// for by alloc.
func (m *meter) list(n int) error {
	if n > m.limits.List || n < 0 {
		return fmt.Errorf("%w: a list of more than %d elements", ErrLimit, m.limits.List)
	}
	return nil
}

// newList pays for a list of n elements that is about to be built.
func (m *meter) newList(n int) error {
	if err := m.list(n); err != nil {
		return err
	}
	return m.alloc(int64(n) * wordBytes)
}

// wordBytes is the memory of an element of a list.
const wordBytes = 16

// mapEntryBytes is about what an entry of a map takes.
const mapEntryBytes = 100

// enter goes one level down; leave must follow if there is no error.
func (m *meter) enter() error {
	if m.depth >= m.limits.Depth {
		return fmt.Errorf("%w: more than %d levels of nesting", ErrLimit, m.limits.Depth)
	}
	m.depth++
	return m.step(1)
}

func (m *meter) leave() { m.depth-- }

// fatal reports whether err ends the script whatever -ErrorAction says.
func (m *meter) fatal(err error) bool {
	return errors.Is(err, ErrLimit) || m.ctx.Err() != nil && errors.Is(err, m.ctx.Err())
}

// meteredWriter counts what goes to w.
type meteredWriter struct {
	m *meter
	w io.Writer
}

func (m *meter) tooMuchOutput() error {
	return fmt.Errorf("%w: more than %d bytes of output", ErrLimit, m.limits.Output)
}

// Write implements io.Writer.
func (w meteredWriter) Write(p []byte) (int, error) {
	w.m.output += int64(len(p))
	if w.m.output > w.m.limits.Output {
		return 0, w.m.tooMuchOutput()
	}
	if err := w.m.step(int64(len(p)) / 64); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}
