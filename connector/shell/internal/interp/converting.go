package interp

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// converting are the cmdlets that make text of objects and objects of text, in
// files or not.
func converting() []*command {
	delimiter := parameter("Delimiter", "Char", object.Named, "What stands between cells; a comma unless given.")
	between := parameter("Delimiter", "Char", object.Named, "What stands between cells; what the first row has unless given.")
	header := parameter("Header", "String[]", object.Named, "Names of the columns, if no row has them.")
	typeLine := flag("IncludeTypeInformation", "Begins with a line that names the type.", "iti")
	noTypeLine := flag("NoTypeInformation", "Accepted for compatibility; the line is always left out.", "nti")
	depth := parameter("Depth", "Int32", object.Named, "How deep objects are written as objects; below that, as text.")
	behind := flag("Append", "Writes behind what the file holds.")
	text := inputObject
	text.Position = 0
	csv := []object.Parameter{delimiter, typeLine, noTypeLine, inputObject}
	return []*command{
		{name: "ConvertTo-Csv", synopsis: "Writes objects as CSV.", params: csv, start: startToCSV},
		{name: "ConvertTo-Json", synopsis: "Writes objects as JSON.", start: startToJSON,
			params: []object.Parameter{text, depth, flag("Compress", "Leaves out line breaks and blanks."),
				flag("EnumsAsStrings", "Accepted for compatibility; enumerations are always text."),
				flag("AsArray", "Writes an array even for one object.")}},
		{name: "ConvertFrom-Json", synopsis: "Reads JSON.", params: []object.Parameter{text}, start: startFromText("JSON", format.Reader.JSON)},
		{name: "ConvertFrom-Csv", synopsis: "Reads CSV.", params: []object.Parameter{text, between, header}, start: startFromCSV},
		{name: "Export-Csv", aliases: []string{"epcsv"}, synopsis: "Writes objects to a CSV file.",
			params: append(exportParameters(), delimiter, typeLine, noTypeLine, behind), start: startExport(csvFile)},
		{name: "Export-Clixml", synopsis: "Writes objects to a CLIXML file.",
			params: append(exportParameters(), depth), start: startExport(clixmlFile)},
		{name: "Out-File", synopsis: "Writes to a file how objects look.",
			params: append(exportParameters(), parameter("Width", "Int32", object.Named, "Characters of a line."), behind), start: startExport(textFile)},
		{name: "Set-Content", aliases: []string{"sc"}, synopsis: "Writes text to a file.",
			params: append(exportParameters("Value"), flag("NoNewline", "Puts nothing between and after the values.")), start: startExport(contentFile)},
		{name: "Add-Content", aliases: []string{"ac"}, synopsis: "Writes text behind what a file holds.",
			params: append(exportParameters("Value"), flag("NoNewline", "Puts nothing between and after the values.")), start: startExport(contentFile)},
		{name: "Import-Csv", aliases: []string{"ipcsv"}, synopsis: "Reads a CSV file.", start: startImportCSV,
			params: append(importParameters(), between, header)},
		{name: "Import-Clixml", synopsis: "Reads a CLIXML file.", params: importParameters(), start: startImport(format.Reader.CLIXML)},
		{name: "Get-Content", aliases: []string{"gc", "cat", "type"}, synopsis: "Reads the lines of a file.",
			params: append(importParameters(), flag("Raw", "Emits the text as one string.")), start: startGetContent},
	}
}

func exportParameters(aliases ...string) []object.Parameter {
	input := inputObject
	input.Aliases = aliases
	if len(aliases) > 0 {
		input.Position = 1
	}
	return []object.Parameter{
		required(parameter("Path", "String", 0, "The file.", "FilePath", "LiteralPath", "PSPath")),
		flag("Force", "Has no effect here: existing files are always overwritten."),
		encoding(), input,
	}
}

func importParameters() []object.Parameter {
	path := required(parameter("Path", "String", 0, "The file.", "LiteralPath", "PSPath"))
	path.Pipeline = true
	return []object.Parameter{path, encoding()}
}

func encoding() object.Parameter {
	p := parameter("Encoding", "Encoding", object.Named, "UTF8, the only encoding that is written; the encoding of a file to read is detected.")
	p.Values = encodings
	return p
}

// encodings are the values of -Encoding. ASCII is good for all that is ASCII.
var encodings = []string{"ASCII", "Default", "UTF8", "UTF8BOM", "UTF8NoBOM", "Unicode"}

// errNoFiles says that Options.FS is nil.
var errNoFiles = errors.New("there are no files here: the program that runs this script gave it none")

// checkEncoding refuses to write what the name promises and this package doesn't.
func (inv *invocation) checkEncoding(writes bool) error {
	name := inv.text("Encoding")
	if name == "" {
		return nil
	}
	for _, known := range encodings {
		if strings.EqualFold(known, name) && !(writes && (known == "Unicode" || known == "UTF8BOM")) {
			return nil
		}
	}
	return &Error{Where: inv.where("Encoding").Where(), Code: source.CodeUnsupported, Err: fmt.Errorf("the encoding %.20s isn't supported here", name), Fix: "use -Encoding UTF8"}
}

// delimiter is the character between cells.
func (inv *invocation) delimiter() (rune, error) {
	text := inv.text("Delimiter")
	if text == "" {
		return ',', nil
	}
	if utf8.RuneCountInString(text) != 1 {
		return 0, failf(inv.where("Delimiter"), "-Delimiter is one character")
	}
	r, _ := utf8.DecodeRuneInString(text)
	return r, nil
}

// csvParser reads CSV with the delimiter and the header that are given, or else with
// those of the first row.
func (inv *invocation) csvParser() (parser, error) {
	options := format.Reader{EmptyCells: true}
	if _, given := inv.args["Delimiter"]; given {
		delimiter, err := inv.delimiter()
		if err != nil {
			return nil, err
		}
		if delimiter >= utf8.RuneSelf || delimiter == '"' || delimiter == '\n' {
			return nil, failf(inv.where("Delimiter"), "-Delimiter is an ASCII character that no cell begins or ends with")
		}
		options.Delimiter = byte(delimiter)
	}
	for _, name := range object.Items(inv.args["Header"]) {
		options.Header = append(options.Header, object.Text(name))
	}
	return func(r format.Reader, name string, data []byte) (*format.Document, error) {
		options.Pay = r.Pay
		return options.CSV(name, data)
	}, nil
}

func startImportCSV(inv *invocation) (stage, error) {
	parse, err := inv.csvParser()
	if err != nil {
		return nil, err
	}
	return startImport(parse)(inv)
}

func startFromCSV(inv *invocation) (stage, error) {
	parse, err := inv.csvParser()
	if err != nil {
		return nil, err
	}
	return startFromText("CSV", parse)(inv)
}

func (inv *invocation) csvLines(items []object.Value) ([]string, error) {
	delimiter, err := inv.delimiter()
	if err != nil {
		return nil, err
	}
	must(inv.node.NameSpan, inv.in.payFor(items, nil))
	return format.CSV(items, delimiter, inv.on("IncludeTypeInformation")), nil
}

func startToCSV(inv *invocation) (stage, error) {
	return inv.gather(func(items []object.Value) error {
		lines, err := inv.csvLines(items)
		if err != nil {
			return err
		}
		return emitAll(inv, lines)
	}), nil
}

func startToJSON(inv *invocation) (stage, error) {
	depth, err := inv.number("Depth", format.DefaultJSONDepth)
	if err != nil {
		return nil, err
	}
	return inv.gather(func(items []object.Value) error {
		var v object.Value = &object.List{Items: items}
		_, isList := inv.args[inputObject.Name].(*object.List)
		if len(items) == 1 && !inv.on("AsArray") && !(isList && !inv.piped) {
			v = items[0]
		}
		text, err := format.JSON(v, int(min(depth, maxDepth)), inv.on("Compress"), inv.in.opt.Limits.String)
		if err != nil {
			return at(inv.node.NameSpan, tooLong(err))
		}
		must(inv.node.NameSpan, inv.in.m.text(len(text)))
		return inv.emit(text)
	}), nil
}

// maxDepth is the greatest depth that -Depth means.
const maxDepth = 100

// tooLong makes a limit of a writer's a limit of the script's.
func tooLong(err error) error {
	if errors.Is(err, format.ErrTooLong) {
		return fmt.Errorf("%w: %w", ErrLimit, err)
	}
	return err
}

type parser = func(r format.Reader, name string, data []byte) (*format.Document, error)

// startFromText makes the start of a cmdlet that reads the lines it gets.
func startFromText(name string, parse parser) func(*invocation) (stage, error) {
	return func(inv *invocation) (stage, error) {
		return inv.gather(func(items []object.Value) error {
			text := inv.in.join(inv.node, &object.List{Items: items}, "\n")
			return inv.emitDocument(parse, name, []byte(text))
		}), nil
	}
}

// emitDocument reads text and emits the objects in it.
func (inv *invocation) emitDocument(parse parser, name string, data []byte) error {
	must(inv.node.NameSpan, inv.in.m.alloc(8*int64(len(data))))
	must(inv.node.NameSpan, inv.in.m.step(int64(len(data))/8))
	m := inv.in.m
	doc, err := parse(format.Reader{Pay: func(n int64) error {
		if err := m.alloc(n); err != nil {
			return err
		}
		return m.step(1 + n/64)
	}}, name, data)
	if err != nil {
		return inv.fail(err)
	}
	return emitAll(inv, doc.Values)
}

// startImport makes the start of a cmdlet that reads a file.
func startImport(parse parser) func(*invocation) (stage, error) {
	return startRead(func(inv *invocation, path string, data []byte) error { return inv.emitDocument(parse, path, data) })
}

// startRead makes the start of a cmdlet that does something with files.
func startRead(use func(inv *invocation, path string, data []byte) error) func(*invocation) (stage, error) {
	return func(inv *invocation) (stage, error) {
		if err := inv.checkEncoding(false); err != nil {
			return nil, err
		}
		return inv.eachPath(func(path string) error {
			data, ok, err := inv.readFile(path)
			if err != nil || !ok {
				return err
			}
			return use(inv, path, data)
		})
	}
}

func startGetContent(inv *invocation) (stage, error) {
	return startRead(func(inv *invocation, path string, data []byte) error {
		text, ok, err := inv.decode(path, data)
		if err != nil || !ok {
			return err
		}
		if inv.on("Raw") {
			return inv.emit(text)
		}
		for line := range strings.Lines(text) {
			if err := inv.emit(strings.TrimRight(line, "\r\n")); err != nil {
				return err
			}
		}
		return nil
	})(inv)
}

// decode returns the text of a file. ok is false without an error if that failed and
// the script goes on.
func (inv *invocation) decode(path string, data []byte) (text string, ok bool, err error) {
	must(inv.node.NameSpan, inv.in.m.alloc(8*int64(len(data))))
	text, err = format.Decode(path, data)
	if err != nil {
		return "", false, inv.fail(err)
	}
	must(inv.node.NameSpan, inv.in.m.text(len(text)))
	return text, true, nil
}

// readFile reads a file that -Path names. ok is false without an error if that failed
// and the script goes on.
func (inv *invocation) readFile(path string) (data []byte, ok bool, err error) {
	if inv.in.opt.FS == nil {
		return nil, false, inv.fail(errNoFiles)
	}
	if data, err = inv.in.opt.FS.ReadFile(path); err != nil {
		return nil, false, inv.fail(&object.ArgumentError{Parameter: "Path", Err: err})
	}
	return data, true, nil
}

// writeFile writes a file that -Path names.
func (inv *invocation) writeFile(path string, data []byte) error {
	if err := inv.in.opt.FS.WriteFile(path, data); err != nil {
		return inv.fail(&object.ArgumentError{Parameter: "Path", Err: err})
	}
	return nil
}
