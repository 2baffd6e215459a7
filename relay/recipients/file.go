package recipients

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/routing"
)

// maxFile is how large a file may be in bytes: two million addresses.
const maxFile = 64 << 20

// File is a list of the recipients that exist. It is immutable. The zero File has none.
type File struct{ addresses map[string]struct{} }

// Load reads a list: one address on each line, empty lines, and comments that begin with #. Letter
// case doesn't matter. The error is source.Diagnostics with every mistake, or says that the file
// can't be read.
func Load(name string) (*File, error) {
	text, err := readlimit.File(name, maxFile)
	if errors.Is(err, readlimit.ErrTooLarge) {
		d := source.Mistake("", source.CodeLimitExceeded, "too large; give at most %d bytes", maxFile)
		d.Position.File = name
		return nil, source.Diagnostics{d}
	}
	if err != nil {
		return nil, source.FileError(name, err)
	}
	f := &File{make(map[string]struct{})}
	var mistakes source.Diagnostics
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		a, err := routing.ParseAddress(line)
		if err != nil {
			d := source.Wrap("", source.CodeValueInvalid, err)
			d.Position = source.Position{File: name, Line: n}
			mistakes = append(mistakes, d)
			continue
		}
		f.addresses[folded(a)] = struct{}{}
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return f, nil
}

// Len returns how many addresses the list has.
func (f *File) Len() int { return len(f.addresses) }

// Exists implements relay.Recipients; it never fails.
func (f *File) Exists(_ context.Context, _ netip.Addr, to routing.Address) (bool, error) {
	_, ok := f.addresses[folded(to)]
	return ok, nil
}

// folded returns a in lower case. No mail server in use tells mailboxes apart by letter case.
func folded(a routing.Address) string { return strings.ToLower(a.String()) }
