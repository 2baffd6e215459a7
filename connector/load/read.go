package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/internal/secretplace"
)

// Read reads the files. Where they are to blame the error is source.Diagnostics;
// mistakes in a JSON document of which the rest could be read are in the Draft instead.
func Read(ctx context.Context, opts Options, names ...string) (*Draft, error) {
	secrets := secretplace.Reader{ReadFile: opts.ReadFile}
	table := opts.ReadFile
	if opts.ReadFile == nil {
		opts.ReadFile = os.ReadFile
		table = func(name string) ([]byte, error) { return readlimit.File(name, foreign.MaxFile) }
	}
	d := &Draft{Files: names, Places: source.Map{}, opts: opts, started: !reflect.DeepEqual(opts.Config, connector.Config{})}
	connector.Merge(&d.Config, opts.Config)
	d.answers.opts = &d.opts
	secrets.LookupEnv = d.answers.variable
	d.answers.secrets = secrets
	r := &reader{draft: d, opts: opts, shell: d.Shell(), dir: &Directory{}, table: table}
	r.shell.FS, r.shell.Warn = imports{r.dir, opts.Imported}, d.warn
	if err := r.credentials(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := r.file(ctx, name); err != nil {
			return nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	return d, nil
}

// reader reads the files of a policy one after the other. What was read is in the
// draft's Config until the first script, and in the interpreter from then on.
type reader struct {
	draft *Draft
	opts  Options
	shell shell.Options
	dir   *Directory                        // of the script that runs
	table func(name string) ([]byte, error) // reads what files of other mail servers refer to

	interpreter *shell.Interpreter
	exports     []*export.Export   // not merged yet: permissions and connectors may be in different files
	mistakes    source.Diagnostics // those after which nothing can be compiled
}

// credentials reads the credentials file. Mistakes in it are recorded.
func (r *reader) credentials() error {
	if r.opts.Credentials == "" {
		return nil
	}
	data, err := r.opts.ReadFile(r.opts.Credentials)
	if err != nil {
		return source.Diagnostics{source.Unreadable(r.opts.Credentials, err)}
	}
	r.draft.answers.file, r.mistakes = parseCredentials(r.opts.Credentials, data)
	return nil
}

// warn records the warning of a script.
func (d *Draft) warn(at source.Position, text string) {
	d.Warnings = append(d.Warnings, source.Diagnostic{Severity: source.SeverityWarning, Position: at, Code: source.CodeScriptWarning, Detail: text})
}

// file reads one file. Mistakes in it are recorded; the error is about reading it.
func (r *reader) file(ctx context.Context, name string) error {
	data, err := r.opts.ReadFile(name)
	if err != nil {
		return source.Diagnostics{source.Unreadable(name, err)}
	}
	switch {
	case shell.IsScript(name):
		return r.script(ctx, name, data)
	case foreign.Detect(name, data) != foreign.Unknown:
		return r.foreign(name, data)
	case isExport(name, data):
		e, err := export.Read(name, data)
		if r.failed(err) {
			return nil
		}
		r.exports, r.draft.exports = append(r.exports, e), append(r.draft.exports, name)
		return nil
	}
	if err := r.mergeExports(); err != nil {
		return err
	}
	return r.document(name, data)
}

// failed records the mistakes in err and reports whether there are any.
func (r *reader) failed(err error) bool {
	var list source.Diagnostics
	if errors.As(err, &list) {
		r.mistakes = append(r.mistakes, list...)
	}
	return err != nil
}

// script runs commands, unless a file before had a mistake: the commands would fail
// over what is missing.
func (r *reader) script(ctx context.Context, name string, data []byte) error {
	if err := r.mergeExports(); err != nil || len(r.mistakes)+len(r.draft.Mistakes) > 0 {
		return err
	}
	if r.interpreter == nil {
		var err error
		r.opts.apply(&r.draft.Config)
		if r.interpreter, err = r.draft.Interpreter(r.shell); r.failed(err) {
			return nil
		}
	}
	r.dir.Path = filepath.Dir(name)
	r.failed(r.interpreter.Run(ctx, name, data))
	return nil
}

// document reads a JSON document.
func (r *reader) document(name string, data []byte) error {
	doc, mistakes := jsonconfig.Draft(name, data)
	if doc == nil { // other files may refer to what it has
		if !hasJSONName(name) {
			mistakes[0].Fix = "name files of commands .ps1, exports .txt, .csv, .xml or .json, and JSON documents .json"
		}
		r.mistakes = append(r.mistakes, mistakes...)
		return nil
	}
	d := r.draft
	if len(d.Files) == 1 {
		d.Document = name
	}
	d.Mistakes = append(d.Mistakes, mistakes...)
	if r.interpreter != nil {
		d.started = true
		d.unread = append(d.unread, doc.Unread...)
		var list source.Diagnostics
		if errors.As(r.interpreter.Merge(doc.Config, doc.Places), &list) {
			r.mistakes = append(r.mistakes, locate(nil, name, list)...)
		}
		return nil
	}
	moved := r.merge(&doc.Config, doc.Places)
	for _, path := range doc.Unread {
		d.unread = append(d.unread, path.Moved(moved))
	}
	return nil
}

// merge merges the content of a file and returns the paths that its elements have from then on.
func (r *reader) merge(cfg *connector.Config, places source.Map) map[source.Path]source.Path {
	d := r.draft
	d.started = true
	before := d.Config
	connector.Merge(&d.Config, *cfg)
	r.opts.apply(&d.Config)
	d.rename(&before)
	moved := d.Config.MovedPaths(&before, cfg)
	d.Places.Add(places, moved)
	return moved
}

// foreign reads a file of another mail server.
func (r *reader) foreign(name string, data []byte) error {
	if err := r.mergeExports(); err != nil {
		return err
	}
	read, err := foreign.Read(name, data, r.table)
	if r.failed(err) {
		return nil
	}
	if r.opts.Server != "" { // it replaces the old server
		read.Config.Server, read.Config.Servers = "", nil
	}
	r.leaveInterpreter()
	r.merge(&read.Config, read.Places)
	d := r.draft
	d.Account = append(d.Account, read.Account...)
	for _, line := range read.Account {
		if line.Severity == source.SeverityWarning {
			d.Warnings = append(d.Warnings, line)
		}
	}
	d.exports = append(d.exports, read.Files...)
	i := slices.Index(d.Files, name)
	d.Files = slices.Insert(slices.Clone(d.Files), i+1, read.Files[1:]...)
	return nil
}

// mergeExports merges the exports that were read. Their permissions may be for
// connectors that are there already, so the whole configuration leaves the interpreter.
func (r *reader) mergeExports() error {
	if len(r.exports) == 0 {
		return nil
	}
	exports := r.exports
	r.exports = nil
	r.leaveInterpreter()
	r.draft.started = true
	d := r.draft
	before, places := d.Config, source.Map{}
	r.opts.apply(&d.Config)
	warnings, err := export.Merge(&d.Config, places, exports...)
	if !r.failed(err) {
		d.Warnings = append(d.Warnings, warnings...)
		d.rename(&before)
		d.Places.Add(places, nil)
	}
	return nil
}

// leaveInterpreter takes what scripts made out of the interpreter and releases it,
// because it may be large.
func (r *reader) leaveInterpreter() {
	if r.interpreter == nil {
		return
	}
	r.draft.started = true
	r.draft.Config = r.interpreter.Config()
	r.draft.Places.Add(r.interpreter.Places(), nil)
	r.interpreter = nil
}

// finish returns all mistakes, or leaves the whole configuration in the draft.
func (r *reader) finish() error {
	if err := r.mergeExports(); err != nil {
		return err
	}
	if len(r.mistakes) > 0 {
		return append(r.draft.Mistakes, r.mistakes...)
	}
	r.leaveInterpreter()
	r.draft.settle()
	return nil
}

// isExport reports whether Exchange's shell wrote a file, by the extension of its name,
// and of JSON by its content.
func isExport(name string, data []byte) bool {
	if hasJSONName(name) {
		return export.Detect("", data) != export.Unknown
	}
	return hasExportName(name)
}

func hasJSONName(name string) bool { return strings.EqualFold(filepath.Ext(name), ".json") }

func hasExportName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xml", ".csv", ".txt":
		return true
	}
	return false
}
