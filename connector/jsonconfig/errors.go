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
	list := make(source.Diagnostics, len(mistakes))
	reader := newLineReader(file, data)
	for i, m := range mistakes {
		list[i] = m.Diagnostic
		list[i].Position = reader.position(m.offset)
	}
	return list
}

// lineReader converts ascending offsets into positions in one pass, because a large file may have very many.
type lineReader struct {
	data []byte
	done int // the offset of at
	at   source.Position
}

func newLineReader(file string, data []byte) *lineReader {
	return &lineReader{data: data, at: source.Position{File: file, Line: 1, Column: 1}}
}

// position returns the position of an offset, which isn't lower than the one before.
func (r *lineReader) position(offset int) source.Position {
	offset = min(max(offset, r.done), len(r.data))
	step := r.data[r.done:offset]
	if lines := bytes.Count(step, []byte{'\n'}); lines > 0 {
		r.at.Line += lines
		r.at.Column, step = 1, step[bytes.LastIndexByte(step, '\n')+1:]
	}
	r.at.Column += utf8.RuneCount(step)
	r.done = offset
	return r.at
}
