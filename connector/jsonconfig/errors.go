package jsonconfig

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Position is a place in a file. Line and Column count from 1, columns in
// characters.
type Position struct {
	File         string
	Line, Column int
}

// String returns "file:line:column".
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Error is one mistake in a JSON text.
type Error struct {
	Position
	Path   string // Receive["Relay"].Bindings[0]; "" for the text as a whole
	Detail string // what is wrong and what would be right

	spoils string // the path of the parameter that was not read
}

// Error returns "file:line:column: path: detail".
func (e Error) Error() string {
	if e.Path == "" {
		return e.Position.String() + ": " + e.Detail
	}
	return e.Position.String() + ": " + e.Path + ": " + e.Detail
}

// Errors are all mistakes of a JSON text in the order of the text.
type Errors []Error

// Error returns one mistake per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// position converts an offset into data.
func position(file string, data []byte, offset int) Position {
	before := data[:min(max(offset, 0), len(data))]
	line := bytes.LastIndexByte(before, '\n') + 1
	return Position{File: file, Line: 1 + bytes.Count(before, []byte{'\n'}), Column: 1 + utf8.RuneCount(before[line:])}
}

// mistake is an Error that doesn't know its line yet.
type mistake struct {
	offset int
	path   string
	spoils string // the path of the parameter that was not read; "" if that isn't known
	detail string
}

// placed sorts mistakes by place and finds their lines in one pass, because a
// large file may have very many.
func placed(file string, data []byte, mistakes []mistake) Errors {
	slices.SortStableFunc(mistakes, func(a, b mistake) int { return a.offset - b.offset })
	errs := make(Errors, len(mistakes))
	base, at := Position{File: file, Line: 1, Column: 1}, 0
	for i, m := range mistakes {
		step := position(file, data[at:], m.offset-at)
		if step.Line == 1 {
			base.Column += step.Column - 1
		} else {
			base.Line, base.Column = base.Line+step.Line-1, step.Column
		}
		at = max(at, min(m.offset, len(data)))
		errs[i] = Error{base, m.path, m.detail, m.spoils}
	}
	return errs
}
