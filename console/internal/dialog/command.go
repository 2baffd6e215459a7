package dialog

import (
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Script is the commands that a dialog stands for.
type Script struct {
	Object      source.Path                 // the object that they make or change, as in Send["X"]
	Credentials map[string]param.Credential // by the variable that a Get-Credential assigns to, without the $

	text       []byte
	line, end  int // the last line, from 0, and its length in characters
	parameters []span
}

// span is where a parameter and its value stand in the text: on one or several lines.
type span struct {
	name     string
	from, to place
	elements []string // the texts of the value's elements
}

// place is a line and a column, both from 1.
type place struct{ line, column int }

func (p place) before(q place) bool {
	return p.line < q.line || p.line == q.line && p.column < q.column
}

// Text returns the commands, one a line unless a value has several lines.
func (s *Script) Text() string { return string(s.text) }

// IsZero reports whether there is no command.
func (s *Script) IsZero() bool { return len(s.text) == 0 }

// write appends text and counts its lines and characters.
func (s *Script) write(text string) {
	s.text = append(s.text, text...)
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		s.line += strings.Count(text, "\n")
		s.end = 0
		text = text[i+1:]
	}
	s.end += utf8.RuneCountInString(text)
}

// here returns the place where the next character will stand.
func (s *Script) here() place { return place{s.line + 1, s.end + 1} }

// command begins a command.
func (s *Script) command(name string) {
	if len(s.text) > 0 && s.end > 0 {
		s.write("\n")
	}
	s.write(name)
}

// pipe begins a command that gets the objects of the last one.
func (s *Script) pipe(name string) { s.write(" | " + name) }

// argument appends a value without a parameter's name; parameter is the one that it
// belongs to.
func (s *Script) argument(parameter string, v value) {
	from := s.here()
	s.write(" " + v.text)
	s.parameters = append(s.parameters, span{parameter, from, s.here(), v.elements})
}

// add appends a parameter with its value.
func (s *Script) add(parameter string, v value) {
	from := s.here()
	s.write(" -" + parameter + " " + v.text)
	s.parameters = append(s.parameters, span{parameter, from, s.here(), v.elements})
}

// flag appends a switch.
func (s *Script) flag(parameter string) { s.write(" -" + parameter) }

// value is a value as the shell's language has it.
type value struct {
	text     string
	elements []string // as entered
}

// word is a value that the language knows without quotes: a name of an enumeration, a
// variable. It must not come from a form.
func word(text string) value { return value{text: text} }

// boolean is $true or $false.
func boolean(b bool) value {
	if b {
		return word("$true")
	}
	return word("$false")
}

// quoted is a text.
func quoted(text string) value { return value{quote(text), []string{text}} }

// list is a list of texts; without any it is $null.
func list(texts []string) value {
	if len(texts) == 0 {
		return word("$null")
	}
	items := make([]string, len(texts))
	for i, t := range texts {
		items[i] = quote(t)
	}
	return value{strings.Join(items, ","), texts}
}

// orNull is a text, or $null if it is empty, by which a parameter gets its default.
func orNull(text string) value {
	if text == "" {
		return word("$null")
	}
	return quoted(text)
}

// plain are the characters that mean themselves between double quotes.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#%&()*+,-./:;<=>?@[\\]^_'{|}~"

// quote writes a text as a string of the shell: in double quotes, as guides do, if it has
// only characters that mean themselves there, otherwise in single quotes.
func quote(text string) string {
	if strings.Trim(text, plain) == "" {
		return `"` + text + `"`
	}
	return shell.Quote(text)
}
