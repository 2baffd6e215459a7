package export

import (
	"errors"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Export is what one file holds. It must not be changed.
type Export struct {
	// Config holds the connectors and accepted domains, the connectors without
	// their explicit grants: those come with Merge.
	Config   connector.Config
	Origins  source.Map
	Warnings source.Diagnostics // in the order of the text; notes need no action

	entries []entry
}

// Permissions returns how many entries of permission lists the file holds.
func (e *Export) Permissions() int { return len(e.entries) }

// Form is how a file is written.
type Form uint8

// The forms. Unknown is that of a text that none of the others fits.
const (
	Unknown Form = iota
	List         // Format-List
	CSV          // Export-Csv
	JSON         // ConvertTo-Json
	CLIXML       // Export-Clixml
)

// String returns the name of the cmdlet that writes the form.
func (f Form) String() string {
	switch f {
	case List:
		return "Format-List"
	case CSV:
		return "Export-Csv"
	case JSON:
		return "ConvertTo-Json"
	case CLIXML:
		return "Export-Clixml"
	}
	return "unknown"
}

// Read reads one file. name is that of the file, for messages; its extension
// decides only where the content doesn't. The error is source.Diagnostics, and then the
// Export is nil.
func Read(name string, data []byte) (*Export, error) {
	var doc *format.Document
	var err error
	form := Detect(name, data)
	text, decodeErr := format.Decode(name, data)
	if decodeErr == nil && strings.TrimSpace(text) == "" {
		form = List // what every cmdlet but Export-Clixml writes of nothing
	}
	line := tableLine(text)
	switch {
	case line > 0 && (form == List || form == Unknown):
		err = &format.Error{File: name, Line: line, Detail: "this is a table, whose cells are cut; export with Format-List *, or better with Export-Clixml"}
		form = Unknown
	case form == Unknown:
		err = &format.Error{File: name, Line: 1, Detail: "this isn't output of Format-List, Export-Csv, ConvertTo-Json or Export-Clixml"}
	}
	switch form {
	case List:
		doc, err = format.ParseList(name, data)
	case CSV:
		doc, err = format.ParseCSV(name, data)
	case JSON:
		doc, err = format.ParseJSON(name, data)
	case CLIXML:
		doc, err = format.ParseCLIXML(name, data)
	}
	if err != nil {
		var at *format.Error
		if errors.As(err, &at) {
			return nil, source.Diagnostics{mistake(at.File, at.Line, at.Detail)}
		}
		return nil, source.Diagnostics{mistake(name, 1, err.Error())}
	}
	r := &reader{doc: doc, export: &Export{Origins: source.Map{}}, count: map[source.Path]int{}, origins: source.Map{}, reported: map[string]bool{}}
	r.read()
	if len(r.errors) > 0 {
		slices.SortStableFunc(r.errors, func(a, b source.Diagnostic) int { return a.Line - b.Line })
		return nil, r.errors
	}
	r.nameElements()
	return r.export, nil
}

func mistake(file string, line int, detail string) source.Diagnostic {
	return source.Diagnostic{Severity: source.SeverityError, Position: source.Position{File: file, Line: line}, Detail: detail}
}
