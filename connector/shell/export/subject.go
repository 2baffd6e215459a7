package export

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// reader makes an Export of a document.
type reader struct {
	doc      *format.Document
	export   *Export
	errors   source.Diagnostics
	count    map[source.Path]int // of the elements of each list
	origins  source.Map          // by paths in which every element has its index
	reported map[string]bool     // reports that are given once for all objects
}

// subject is one object under examination.
type subject struct {
	*reader
	o     *object.Object
	path  source.Path // Receive["Relay"], for messages
	place source.Path // Receive[0]
}

// text returns a property as text; "" if the object has no such property.
func (s *subject) text(name string) string {
	v, _ := s.o.Get(name)
	return strings.TrimSpace(object.Text(v))
}

// line returns the line of a property, or of the object if it has no such property.
func (s *subject) line(property string) int {
	for i, name := range s.o.Names() {
		if strings.EqualFold(name, property) {
			return s.doc.PropertyLine(s.o, i)
		}
	}
	return s.doc.Line(s.o)
}

// report returns a Diagnostic about a property; "" is the object as a whole.
func (s *subject) report(severity source.Severity, property source.Path, code source.Code, detail string) source.Diagnostic {
	path := s.path
	if property != "" {
		path = path.Field(property)
	}
	return source.Diagnostic{Severity: severity, Position: s.at(s.line(string(property))), Path: path, Code: code, Detail: detail}
}

func (s *subject) fail(property source.Path, code source.Code, detail string) {
	s.errors = append(s.errors, s.report(source.SeverityError, property, code, detail))
}

// invalid reports that a property has a value which can't be read.
func (s *subject) invalid(property source.Path, err error) {
	s.failAt(s.at(s.line(string(property))), property, err)
}

// failAt is invalid for a value of which the line is known.
func (s *subject) failAt(at source.Position, property source.Path, err error) {
	d := source.Wrap(s.path.Field(property), source.CodeValueInvalid, err)
	d.Position = at
	s.errors = append(s.errors, d)
}

func (s *subject) warn(property source.Path, code source.Code, detail string) {
	s.export.Warnings = append(s.export.Warnings, s.report(source.SeverityWarning, property, code, detail))
}

// note reports a detail once, however many objects it concerns.
func (s *subject) note(property source.Path, code source.Code, detail string) {
	s.reportOnce(string(property), s.report(source.SeverityNote, property, code, detail))
}

func (r *reader) reportOnce(property string, d source.Diagnostic) {
	if key := property + d.Detail; !r.reported[key] {
		r.reported[key] = true
		r.export.Warnings = append(r.export.Warnings, d)
	}
}

// ignored warns that the file, or a line of it, holds something that isn't read.
func (r *reader) ignored(line int, detail string) {
	r.reportOnce("", source.Diagnostic{Severity: source.SeverityWarning, Position: r.at(line), Code: source.CodeIgnored, Detail: detail})
}

// at is a line of the file.
func (r *reader) at(line int) source.Position {
	return source.Position{File: r.doc.Name, Line: line}
}
