package jsonconfig

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/source"
)

// mistake is a Diagnostic whose line isn't known yet.
type mistake struct {
	source.Diagnostic
	offset int
	unread source.Path // the parameter that was not read; "" if that isn't known
}

// stop returns the mistake after which a text can't be read on.
func stop(offset int, code source.Code, format string, args ...any) error {
	return &mistake{Diagnostic: source.Mistake("", code, format, args...), offset: offset}
}

// diagnostics sorts mistakes by place and finds their lines.
func diagnostics(file string, data []byte, mistakes []mistake) source.Diagnostics {
	slices.SortStableFunc(mistakes, func(a, b mistake) int { return a.offset - b.offset })
	offsets := make([]int, len(mistakes))
	for i, m := range mistakes {
		offsets[i] = m.offset
	}
	list := make(source.Diagnostics, len(mistakes))
	for i, at := range positions(file, data, offsets) {
		list[i] = mistakes[i].Diagnostic
		list[i].Position = at
	}
	return list
}

// positions converts ascending offsets into data, in one pass, because a large file
// may have very many.
func positions(file string, data []byte, offsets []int) []source.Position {
	list := make([]source.Position, len(offsets))
	at, done := source.Position{File: file, Line: 1, Column: 1}, 0
	for i, offset := range offsets {
		offset = min(max(offset, done), len(data))
		step := data[done:offset]
		if lines := bytes.Count(step, []byte{'\n'}); lines > 0 {
			at.Line += lines
			at.Column, step = 1, step[bytes.LastIndexByte(step, '\n')+1:]
		}
		at.Column += utf8.RuneCount(step)
		list[i], done = at, offset
	}
	return list
}
