package source

import (
	"fmt"
	"strings"
)

// Position is a place in a file. The zero Position is no place.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`   // from 1; 0: not known
	Column int    `json:"column,omitempty"` // in characters from 1; 0: not known
}

// String returns file:line:column without the parts that aren't known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Map has the positions of the parts of a configuration: Receive["Relay"] is where
// the connector begins, Receive["Relay"].Bindings where its bindings were set last.
// A part that no file sets is missing.
type Map map[Path]Position

// Find returns the position of p, or of the nearest part around it. A list isn't
// around its elements, because they may come from several files. If there is no
// position, ok is false.
func (m Map) Find(p Path) (at Position, ok bool) {
	for p != "" {
		if at, ok = m[p]; ok {
			return at, true
		}
		around := p.Parent()
		if p[len(around)] == '[' && !strings.ContainsAny(string(around), ".[") {
			break
		}
		p = around
	}
	return Position{}, false
}

// Add enters the positions of part, in place of those that m has for the same paths.
// A list element that is in moved gets the path there, see [Path.Moved].
func (m *Map) Add(part Map, moved map[Path]Path) {
	if *m == nil {
		*m = make(Map, len(part))
	}
	for p, at := range part {
		(*m)[p.Moved(moved)] = at
	}
}
