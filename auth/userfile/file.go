package userfile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// MaxMemory is the most memory that checking one hash may need, in bytes.
const MaxMemory = 80 << 20

// Bounds of a file.
const (
	maxFile   = 64 << 20
	maxErrors = 50
)

// File is a set of users. It is an auth.Verifier, and can be changed while it
// is in use: all methods are safe for concurrent use. The zero File has no users.
type File struct {
	once    sync.Once
	name    string
	checker Checker

	mu      sync.RWMutex
	lines   []line
	users   []*entry          // in the order of the file
	byName  map[string]*entry // by folded name
	noUsers *hash             // checked if there are no users

	secret      [sha256.Size]byte // decides what unknown names look like
	stored      bool              // a line has the secret
	models      []*entry          // the users with a password, by cost
	withoutKeys int               // how many of them have no SCRAM keys
}

// line is one line of the text; user is nil for a comment.
type line struct {
	text string
	user *entry
}

// Load reads the users file at path. Where the file is to blame the error is
// source.Diagnostics, with the mistakes of up to 50 lines.
func Load(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, source.FileError(path, err)
	}
	defer f.Close()
	return Parse(path, f)
}

// Parse reads a users file from r; errors call it name. They are those of Load
// and of r. A text of more than 64 MiB is an error.
func Parse(name string, r io.Reader) (*File, error) {
	text, err := readlimit.All(r, maxFile)
	switch {
	case errors.Is(err, readlimit.ErrTooLarge):
		return nil, diagnostics(source.Position{File: name}, mistake(source.CodeLimitExceeded, "too large; give at most %d bytes", maxFile))
	case err != nil:
		return nil, source.FileError(name, err)
	}
	f := &File{name: name}
	f.init()
	var list source.Diagnostics
	number, broken := 0, 0
	for raw := range bytes.Lines(text) {
		number++
		if err := f.addLine(strings.TrimSuffix(string(raw), "\n")); err != nil {
			list = append(list, diagnostics(source.Position{File: name, Line: number}, err)...)
			broken++
		}
		if broken == maxErrors {
			return nil, list
		}
	}
	if line, err := f.clashes(groupsOf(f.users)); err != nil {
		list = append(list, diagnostics(source.Position{File: name, Line: line}, err)...)
	}
	if len(list) > 0 {
		return nil, list
	}
	f.index()
	return f, nil
}

func (f *File) addLine(text string) error {
	if isComment(text) {
		f.lines = append(f.lines, line{text: text})
		return f.addSecret(text)
	}
	e, err := parseLine(strings.TrimSuffix(text, "\r"))
	if err != nil {
		return err
	}
	if _, ok := f.byName[fold(e.user.Name)]; ok {
		return mistake(source.CodeNameDuplicate, "user %q exists above; give each name once", e.user.Name)
	}
	f.insert(text, e)
	return nil
}

func (f *File) insert(text string, e *entry) {
	f.init()
	f.lines = append(f.lines, line{text, e})
	f.users = append(f.users, e)
	f.byName[fold(e.user.Name)] = e
}

// init makes the zero File usable.
func (f *File) init() {
	f.once.Do(func() {
		f.byName = make(map[string]*entry)
		f.noUsers = unmatchableHash()
	})
}

// groupsOf returns the folded names of all groups of users.
func groupsOf(users []*entry) map[string]bool {
	groups := make(map[string]bool)
	for _, e := range users {
		for _, g := range e.user.Groups {
			groups[fold(g)] = true
		}
	}
	return groups
}

// clashes returns an error, and the line from 1, if a user has the name of one of
// groups: a grant to that name would apply to both.
func (f *File) clashes(groups map[string]bool) (number int, err error) {
	for i, l := range f.lines {
		if l.user != nil && groups[fold(l.user.user.Name)] {
			return i + 1, clash(l.user)
		}
	}
	return 0, nil
}

// clash is the error of a user who has the name of a group.
func clash(e *entry) error {
	return mistake(source.CodeNameDuplicate, "user %q has the name of a group; give names that differ", e.user.Name)
}

// List returns the users in the order of the file, as fresh copies.
func (f *File) List() []User {
	f.mu.RLock()
	defer f.mu.RUnlock()
	users := make([]User, 0, len(f.users))
	for _, e := range f.users {
		u := e.user
		u.Groups = slices.Clone(u.Groups)
		u.Addresses = slices.Clone(u.Addresses)
		u.Domains = slices.Clone(u.Domains)
		users = append(users, u)
	}
	return users
}

// String returns the name of the file and the number of its users.
func (f *File) String() string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return fmt.Sprintf("users file %s (%d users)", f.name, len(f.users))
}

// Format writes the text of String for every verb, so that no hash is printed.
func (f *File) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, f.String()) // fmt keeps no error of a State
}
