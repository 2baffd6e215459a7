package export

import (
	"encoding/json"
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
)

// Detect returns the form of a file, by its content and, where that leaves a
// doubt, by the extension of its name: .xml, .json, .csv or .txt. A script and
// a connector/jsonconfig document are Unknown.
func Detect(name string, data []byte) Form {
	text, err := format.Decode(name, data)
	if err != nil {
		return byExtension(name) // its reader reports the error
	}
	text = strings.TrimSpace(text)
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimRight(first, "\r")
	switch {
	case strings.HasPrefix(text, "<"):
		return CLIXML
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		if strings.HasPrefix(text, "[PS]") {
			return List
		}
		if isConfig(text) {
			return Unknown
		}
		return JSON
	case strings.HasPrefix(text, "#TYPE "):
		return CSV
	case listLine.MatchString(first), strings.HasPrefix(first, "PS ") && strings.Contains(first, ">"):
		return List
	case strings.HasPrefix(first, `"`) && !strings.HasSuffix(strings.ToLower(name), ".ps1"):
		return CSV
	}
	return byExtension(name)
}

// tableLine returns the number, from 1, of the line that Format-Table draws under the
// headings of its columns; 0 if text doesn't begin with such headings.
func tableLine(text string) int {
	var headings bool
	n := 0
	for line := range strings.Lines(text) {
		n++
		switch line = strings.TrimSpace(line); {
		case line == "":
		case headings && underlines.MatchString(line):
			return n
		case headings, !strings.ContainsRune(line, ' '):
			return 0
		default:
			headings = true
		}
	}
	return 0
}

// underlines is the line under the headings of a table.
var underlines = regexp.MustCompile(`^-+( +-+)+$`)

// listLine is a line of Format-List.
var listLine = regexp.MustCompile(`^[\pL_][\pL\pN_]* *:( |$)`)

// isConfig reports whether a JSON text is a configuration and no export: an
// object with a key of a configuration, before anything that is wrong in it.
// Server alone isn't enough, because Exchange's connectors have one too.
func isConfig(text string) bool {
	d := json.NewDecoder(strings.NewReader(text))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return false
	}
	others := false
	for d.More() {
		key, err := d.Token()
		name, _ := key.(string)
		if _, ok := reflect.TypeFor[connector.Config]().FieldByName(name); ok && name != "Server" {
			return true
		}
		others = others || name != "Server"
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return false
		}
	}
	return !others
}

func byExtension(name string) Form {
	switch strings.ToLower(path.Ext(name)) {
	case ".txt":
		return List
	case ".csv":
		return CSV
	case ".json":
		return JSON
	case ".xml", ".clixml":
		return CLIXML
	}
	return Unknown
}
