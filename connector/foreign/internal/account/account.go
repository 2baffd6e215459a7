// Package account keeps the account of files of another mail server: what became of each
// setting in them.
package account

import (
	"cmp"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// The codes of an account.
const (
	CodeTaken          source.Code = "taken"           // note: the configuration has it
	CodeWithoutMeaning source.Code = "without-meaning" // note: what it is for doesn't exist here
	CodeNotPossible    source.Code = "not-possible"    // warning: the configuration lacks it
)

// Book is a configuration in the making, with the account of the files that it comes from.
type Book struct {
	Config connector.Config
	Places source.Map
	Files  []string // in the order of reading

	lines source.Diagnostics
	seen  map[entry]bool
}

// entry identifies an entry of the account, so that it is made once; without the detail, the
// setting.
type entry struct {
	at      source.Position
	setting string
	detail  string
}

// Taken records that the configuration has a setting, and as what.
func (b *Book) Taken(at source.Position, setting, as string) {
	b.add(source.Diagnostic{Severity: source.SeverityNote, Position: at, Path: source.Path(setting), Code: CodeTaken, Detail: as})
}

// WithoutMeaning records why a setting means nothing here.
func (b *Book) WithoutMeaning(at source.Position, setting, why string) {
	b.add(source.Diagnostic{Severity: source.SeverityNote, Position: at, Path: source.Path(setting), Code: CodeWithoutMeaning, Detail: why})
}

// NotPossible records why the configuration lacks a setting, and what to do about it.
func (b *Book) NotPossible(at source.Position, setting, why, fix string) {
	b.add(source.Diagnostic{Severity: source.SeverityWarning, Position: at, Path: source.Path(setting), Code: CodeNotPossible, Detail: why, Fix: fix})
}

func (b *Book) add(d source.Diagnostic) {
	e := entry{d.Position, string(d.Path), d.Detail}
	if b.seen == nil {
		b.seen = map[entry]bool{}
	}
	if d.File == "" || b.seen[e] { // defaults have no file
		return
	}
	b.seen[e], b.seen[entry{at: e.at, setting: e.setting}] = true, true
	b.lines = append(b.lines, d)
}

// Has reports whether the account has an entry for the setting at a place.
func (b *Book) Has(at source.Position, setting string) bool {
	return b.seen[entry{at: at, setting: setting}]
}

// Lines returns the account in the order of the files.
func (b *Book) Lines() source.Diagnostics {
	order := map[string]int{}
	for i, file := range b.Files {
		order[file] = i
	}
	slices.SortStableFunc(b.lines, func(x, y source.Diagnostic) int { return cmp.Or(order[x.File]-order[y.File], x.Line-y.Line) })
	return b.lines
}

// Place records where the files set a part of the configuration.
func (b *Book) Place(path source.Path, at source.Position) {
	if b.Places == nil {
		b.Places = source.Map{}
	}
	if at.File != "" {
		b.Places[path] = at
	}
}
