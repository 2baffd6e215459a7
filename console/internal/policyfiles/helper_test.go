package policyfiles

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/load"
)

// basePolicy is a small policy with a script as its last file.
const basePolicy = "New-AcceptedDomain -Name Contoso -DomainName contoso.com\n" +
	"New-ReceiveConnector -Name Printers -Usage Custom -Bindings 10.0.0.1:25 -RemoteIPRanges 10.0.0.5 -PermissionGroups AnonymousUsers\n"

// now is the clock of the tests.
var now = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// fixture are files in a directory of their own.
type fixture struct {
	*Files
	t       *testing.T
	dir     string
	reloads int
	refuse  error // of the gateway
}

// newFixture writes files, named and filled by turns, and opens those that the options name, or all.
func newFixture(t *testing.T, o Options, files ...string) *fixture {
	t.Helper()
	x := &fixture{t: t, dir: t.TempDir()}
	var names []string
	for i := 0; i < len(files); i += 2 {
		x.put(files[i], files[i+1])
		names = append(names, files[i])
	}
	if o.Names == nil {
		o.Names = names
	}
	for i, name := range o.Names {
		o.Names[i] = filepath.Join(x.dir, name)
	}
	if o.Load.Credentials != "" {
		o.Load.Credentials = filepath.Join(x.dir, o.Load.Credentials)
	}
	if o.Load.Server == "" {
		o.Load.Server = "HubA"
	}
	o.Now = func() time.Time { return now }
	o.Reload = func(ctx context.Context) error {
		x.reloads++
		if x.refuse != nil {
			return x.refuse
		}
		_, err := load.Files(ctx, x.opts.Load, x.opts.Names...)
		return err
	}
	var err error
	if x.Files, err = Open(o); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *fixture) put(name, text string) {
	x.t.Helper()
	if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

// text returns the text of a file; "absent" if the file doesn't exist.
func (x *fixture) text(name string) string {
	x.t.Helper()
	text, err := os.ReadFile(filepath.Join(x.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return "absent"
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return string(text)
}

func (x *fixture) current() *Version {
	x.t.Helper()
	v, err := x.Current(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	return v
}

// try tries commands that have no mistakes.
func (x *fixture) try(c Change) *Trial {
	x.t.Helper()
	v := x.current()
	if len(v.Mistakes) > 0 {
		x.t.Fatal(v.Mistakes)
	}
	trial, err := v.Try(x.t.Context(), c)
	if err != nil {
		x.t.Fatal(err)
	}
	if len(trial.Mistakes) > 0 {
		x.t.Fatal(trial.Mistakes)
	}
	return trial
}

func (x *fixture) apply(t *Trial, by string) *Entry {
	x.t.Helper()
	e, err := x.Apply(x.t.Context(), t, by)
	if err != nil {
		x.t.Fatal(err)
	}
	return e
}

func (x *fixture) entries() []Entry {
	x.t.Helper()
	entries, err := x.Entries(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	return entries
}
