package syntax

import (
	"sort"
	"strconv"
	"sync"
	"unicode/utf8"
)

// Source is the text of one script. Text is UTF-8 whatever the file was
// written in; offsets of a Span count its bytes.
type Source struct {
	Name  string // the file's name, as the caller gave it
	Text  string
	lines []int32 // offset of the first byte of each line

	scan   sync.Once
	secret bool // the text speaks of passwords; see secretive

	count sync.Once
	runes []int // characters before each runeStep bytes; see runesBefore
}

// runeStep is how many bytes lie between two counts of characters.
const runeStep = 1024

// runesBefore counts the characters before an offset, in a time that doesn't grow with
// the text: scripts ask for places in loops, and a line may be long.
func (s *Source) runesBefore(offset int) int {
	s.count.Do(func() {
		n := 0
		for at := 0; at < len(s.Text); at += runeStep {
			s.runes = append(s.runes, n)
			n += starts(s.Text[at:min(at+runeStep, len(s.Text))])
		}
		s.runes = append(s.runes, n)
	})
	step := offset / runeStep
	return s.runes[min(step, len(s.runes)-1)] + starts(s.Text[min(step*runeStep, len(s.Text)):offset])
}

// starts counts the bytes that begin a character of UTF-8.
func starts(s string) int {
	n := 0
	for i := range len(s) {
		if utf8.RuneStart(s[i]) {
			n++
		}
	}
	return n
}

// secretive reports whether the script speaks of passwords anywhere.
func (s *Source) secretive() bool {
	s.scan.Do(func() { s.secret = mentionsPassword(s.Text) })
	return s.secret
}

// newSource finds the lines of a text. Lines end with LF, CR LF or CR.
func newSource(name, text string) *Source {
	s := &Source{Name: name, Text: text, lines: []int32{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			s.lines = append(s.lines, int32(i+1))
		}
	}
	return s
}

// line returns the number of the line (from 1) that holds the offset, and
// where that line starts.
func (s *Source) line(offset int32) (number int, start int32) {
	i := sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset })
	if i == 0 {
		return 1, 0
	}
	return i, s.lines[i-1]
}

// lineText returns the line with a number (from 1) without its line end; "" if the
// source has no such line.
func (s *Source) lineText(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	start := int(s.lines[number-1])
	end := start
	for end < len(s.Text) && s.Text[end] != '\n' && s.Text[end] != '\r' {
		end++
	}
	return s.Text[start:end]
}

// Span is a piece of a source: where a node was written. The zero Span is
// no place at all. Every node embeds one.
type Span struct {
	Source *Source
	Offset int32 // in bytes
	Length int32 // in bytes
}

// Where returns the span itself; it makes every node a Node.
func (s Span) Where() Span { return s }

// File returns the name of the source, or "".
func (s Span) File() string {
	if s.Source == nil {
		return ""
	}
	return s.Source.Name
}

// Line returns the line of the span's first byte, from 1; 0 for no place.
func (s Span) Line() int {
	if s.Source == nil {
		return 0
	}
	n, _ := s.Source.line(s.Offset)
	return n
}

// Col returns the column of the span's first byte, in characters from 1; 0
// for no place.
func (s Span) Col() int {
	if s.Source == nil {
		return 0
	}
	_, start := s.Source.line(s.Offset)
	return s.Source.runesBefore(int(s.Offset)) - s.Source.runesBefore(int(start)) + 1
}

// LineText returns the line of the span's first byte.
func (s Span) LineText() string {
	if s.Source == nil {
		return ""
	}
	return s.Source.lineText(s.Line())
}

// Text returns the text at that place.
func (s Span) Text() string {
	if s.Source == nil {
		return ""
	}
	return s.Source.Text[s.Offset : s.Offset+s.Length]
}

// String returns file:line:col, as compilers write it.
func (s Span) String() string {
	if s.Source == nil {
		return "-"
	}
	return s.Source.Name + ":" + strconv.Itoa(s.Line()) + ":" + strconv.Itoa(s.Col())
}
