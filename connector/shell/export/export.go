package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
)

// Origin is the place of a value in an exported file.
type Origin struct {
	File string
	Line int // from 1
}

// String returns "file:line".
func (o Origin) String() string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

// Origins are the places of what a Config holds, by path as in
// connector.Problem: Receive["Relay"] is where the connector begins,
// Receive["Relay"].Bindings[0] where its first binding stands. In an Export a name
// that occurs again goes by its index.
type Origins map[string]Origin

// Find returns the place of the parameter of that path, or of the nearest thing
// around it. It is not ok if there is none.
func (o Origins) Find(path string) (origin Origin, ok bool) {
	for path != "" {
		if origin, ok = o[path]; ok {
			return origin, true
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return Origin{}, false
}

// Notice is something to say about an export.
type Notice struct {
	Origin
	Object   string // Receive["Relay"]; "" for the file as a whole
	Property string // "" for the object as a whole
	Detail   string // what is wrong and what would be right
	Note     bool   // good to know, and nothing to do about
}

// String returns "file:line: object.property: detail".
func (n Notice) String() string {
	about := n.Object
	if n.Property != "" {
		about = strings.TrimPrefix(about+"."+n.Property, ".")
	}
	if about != "" {
		about += ": "
	}
	return n.Origin.String() + ": " + about + n.Detail
}

// Errors are all that can't be read in an export, in the order of the text.
type Errors []Notice

// Error returns one notice per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, n := range e {
		lines[i] = n.String()
	}
	return strings.Join(lines, "\n")
}

// Export is what one file holds. It must not be changed.
type Export struct {
	// Config holds the connectors and accepted domains, the connectors without
	// what was granted by hand: that comes with Merge.
	Config   connector.Config
	Origins  Origins
	Warnings []Notice // in the order of the text

	entries []entry
	paths   map[string][]string // of the elements of each list, as Origins has them
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
// decides only where the content doesn't. The error is Errors, and then the
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
		err = &format.Error{File: name, Line: 1, Detail: "this is none of what Format-List, Export-Csv, ConvertTo-Json and Export-Clixml write"}
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
			return nil, Errors{{Origin: Origin{at.File, at.Line}, Detail: at.Detail}}
		}
		return nil, Errors{{Origin: Origin{name, 1}, Detail: err.Error()}}
	}
	r := &reader{doc: doc, export: &Export{Origins: Origins{}, paths: map[string][]string{}}, told: map[string]bool{}, seen: pathSet{}}
	r.read()
	if len(r.errors) > 0 {
		slices.SortStableFunc(r.errors, func(a, b Notice) int { return a.Line - b.Line })
		return nil, r.errors
	}
	return r.export, nil
}
