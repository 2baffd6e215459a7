// Package postfix reads the configuration of a Postfix server: main.cf, master.cf beside it, and
// the tables that they name.
//
// The reader never widens what Postfix allows: a restriction that it can't decide lets no client
// relay, a network that it can't read has no clients. Its account says so for each such line.
package postfix

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/interchange-smtp/interchange/connector/foreign/internal/account"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// The bounds of what is read.
const (
	maxSettings = 10_000
	maxElements = 100_000 // of a list or a table
	maxExcluded = 1_000   // with ! in a list
)

// reader reads a configuration into a Book.
type reader struct {
	account.Book
	dir      string // of main.cf
	readFile func(name string) ([]byte, error)
	main     map[string]setting
	order    []string        // the names of main, as they were first set
	referred map[string]bool // names that others refer to
	errors   source.Diagnostics
	services []*service // the smtpd services
	clients  []clientService
	tables   map[string]*table
	contents map[string][]byte                 // of the files that settings name
	index    map[string][]int                  // of the accepted domains, by domain
	accepted map[string][]routing.AddressSpace // the domains of mydestination and the like
	logons   map[string]bool                   // keys of smtp_sasl_password_maps that are used
}

// setting is a value and where it is set.
type setting struct {
	value string
	at    source.Position
}

// Read reads main.cf, whose content is data, and the files that it refers to. The error is
// source.Diagnostics.
func Read(name string, data []byte, readFile func(name string) ([]byte, error)) (*account.Book, error) {
	r := &reader{
		dir: path.Dir(name), readFile: readFile,
		main: map[string]setting{}, referred: map[string]bool{}, tables: map[string]*table{},
		contents: map[string][]byte{}, index: map[string][]int{}, accepted: map[string][]routing.AddressSpace{}, logons: map[string]bool{},
	}
	r.Files = []string{name}
	r.readMain(name, data)
	r.readMaster()
	if len(r.errors) > 0 {
		return nil, r.errors
	}
	whole := scope{reader: r}
	r.names(whole)
	r.domains(whole)
	r.receive()
	r.send(whole)
	r.limits(whole)
	r.rest()
	if len(r.errors) > 0 {
		return nil, r.errors
	}
	return &r.Book, nil
}

// readMain reads the settings of main.cf. A later one wins.
func (r *reader) readMain(name string, data []byte) {
	for _, l := range logicalLines(data) {
		at := source.Position{File: name, Line: l.line}
		key, value, ok := assignment(l.text)
		switch {
		case !ok || l.text[0] == ' ' || l.text[0] == '\t':
			r.fail(at, `write "name = value", and begin the line without a blank`)
		case len(r.main) == maxSettings:
			r.errors = append(r.errors, source.Diagnostic{Severity: source.SeverityError, Position: at, Code: source.CodeLimitExceeded, Detail: fmt.Sprintf("a file has at most %d settings", maxSettings)})
			return
		default:
			if before, again := r.main[key]; again {
				r.WithoutMeaning(before.at, key, fmt.Sprintf("line %d sets it again, and the later setting wins", l.line))
			} else {
				r.order = append(r.order, key)
			}
			r.main[key] = setting{value, at}
		}
	}
}

func (r *reader) fail(at source.Position, detail string) {
	r.errors = append(r.errors, source.Diagnostic{Severity: source.SeverityError, Position: at, Code: source.CodeSyntax, Detail: detail})
}

// scope looks settings up: in what a service of master.cf overrides, then in main.cf, then
// among the defaults.
type scope struct {
	*reader
	over map[string]setting
}

// find returns a setting as it is written. The position of a default is zero.
func (s scope) find(name string) setting {
	if found, ok := s.over[name]; ok {
		return found
	}
	if found, ok := s.main[name]; ok {
		return found
	}
	if name == "mydomain" {
		return setting{value: s.defaultDomain()}
	}
	return setting{value: defaults[name]}
}

// given reports whether a file sets the name.
func (s scope) given(name string) bool { return s.find(name).at.File != "" }

// get returns a value with the names in it expanded. What can't be expanded is an error of the
// file, and the value is empty.
func (s scope) get(name string) string {
	found := s.find(name)
	return s.expanded(found.value, cmp.Or(found.at, s.firstLine()))
}

// expanded expands a text that stands at a place.
func (s scope) expanded(text string, at source.Position) string {
	e := expander{lookup: func(name string) string {
		s.referred[name] = true
		return s.find(name).value
	}}
	value, err := e.expand(text, 0)
	if err != nil {
		s.fail(at, err.Error())
		return ""
	}
	return strings.TrimSpace(value)
}

// list returns the elements of a list.
func (s scope) list(name string) []string { return words(s.get(name), blanks) }

// yes reports whether a setting is on.
func (s scope) yes(name string) bool { return strings.EqualFold(s.get(name), "yes") }

// taken accounts for a setting that a file sets.
func (s scope) taken(name, as string) { s.Taken(s.find(name).at, name, as) }

// notPossible accounts for a setting that a file sets.
func (s scope) notPossible(name, why, fix string) { s.NotPossible(s.find(name).at, name, why, fix) }

// withoutMeaning accounts for a setting that a file sets.
func (s scope) withoutMeaning(name, why string) { s.WithoutMeaning(s.find(name).at, name, why) }

func (r *reader) firstLine() source.Position { return source.Position{File: r.Files[0], Line: 1} }

// defaultDomain returns the default of mydomain: myhostname without its first label.
func (s scope) defaultDomain() string {
	if _, domain, ok := strings.Cut(s.find("myhostname").value, "."); ok && strings.Contains(domain, ".") {
		return domain
	}
	return "localdomain"
}

// names sets the name of this server.
func (r *reader) names(s scope) {
	host := s.get("myhostname")
	if !s.given("myhostname") {
		return
	}
	d, err := routing.ParseDomain(host)
	if err != nil {
		s.notPossible("myhostname", fmt.Sprintf("%q can't be the name of a server", host), "give the name with -server")
		return
	}
	short, _, _ := strings.Cut(d.String(), ".")
	r.Config.Server = short
	r.Config.Servers = []routing.Server{{Name: short, FQDN: d.String()}}
	r.Place("Servers[0]", s.find("myhostname").at)
	s.taken("myhostname", "the FQDN of the server "+short)
}

// locate returns where a file is that a setting names. Names below /etc/postfix, where Postfix
// has its files unless told otherwise, lead to the directory of main.cf, so that a copy of the
// directory can be read.
func (r *reader) locate(name string) string {
	const usual = "/etc/postfix/"
	if rest, ok := strings.CutPrefix(name, usual); ok {
		return path.Join(r.dir, rest)
	}
	if !path.IsAbs(name) {
		return path.Join(r.dir, name)
	}
	return name
}

// open reads a file that a setting names.
func (r *reader) open(name string) (file string, data []byte, err error) {
	file = r.locate(name)
	if data, known := r.contents[file]; known {
		return file, data, nil
	}
	if data, err = r.readFile(file); err != nil {
		return file, nil, source.FileError(file, err)
	}
	r.contents[file] = data
	r.Files = append(r.Files, file)
	return file, data, nil
}
