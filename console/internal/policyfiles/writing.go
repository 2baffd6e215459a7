package policyfiles

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// writing is a change on its way into the files.
type writing struct {
	record        record
	before, after []byte // of the target

	credentials       []byte // the new text of the credentials file; nil: it stays
	oldCredentials    []byte // nil: there was no file
	formerCredentials []byte // its former lines of the record's Variables

	stuck bool // the target couldn't be put back
}

// prepare computes what the files will have after the trial.
func (f *Files) prepare(ctx context.Context, t *Trial, now *Version, by string) (*writing, error) {
	records, err := f.records()
	if err != nil {
		return nil, err
	}
	w := &writing{before: now.seen.text(f.target.name)}
	w.record.Entry = Entry{
		Number: 1, Time: f.opts.Now(), By: harmless(by), Title: harmless(t.Change.Title), Commands: t.Change.Commands,
		Before: now.Loaded.Fingerprint(), After: t.After.Fingerprint(),
	}
	if len(records) > 0 {
		w.record.Number = records[0].Number + 1
	}
	switch {
	case t.Undoes != nil:
		w.record.Undoes, w.after = t.Undoes.Number, t.text
	case f.target.document:
		w.after, err = f.document(ctx, t)
	default:
		w.after = appended(w.before, w.record.Time, by, t.Change.Title, t.Change.Commands)
	}
	if err == nil && len(t.set) > 0 && (t.Undoes != nil || !f.target.document) {
		err = f.prepareCredentials(w, t.set)
	}
	w.record.Sum = sumOf(w.after)
	return w, err
}

// document returns the JSON document after a trial, with its passwords. Others than the owner and the group may not
// read it then. The name of the machine isn't written into it.
func (f *Files) document(ctx context.Context, t *Trial) ([]byte, error) {
	opts := f.opts.Load
	opts.ReadFile, opts.FQDN = t.Before.seen.read, ""
	draft, err := load.Read(ctx, opts, f.opts.Names...)
	if err == nil {
		draft, err = t.runOn(ctx, draft, nil)
	}
	if err != nil {
		return nil, err
	}
	text, err := jsonconfig.MarshalWithSecrets(draft.Config)
	if err != nil {
		return nil, err
	}
	if public, err := jsonconfig.Marshal(draft.Config); err != nil || bytes.Equal(public, text) {
		return text, err
	}
	return text, closeToOthers(f.target.name)
}

// closeToOthers takes the access to a file with secrets from all but its owner and group.
func closeToOthers(name string) error {
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm()&0o007 == 0 {
		return source.FileError(name, err)
	}
	return source.FileError(name, os.Chmod(name, info.Mode().Perm()&^0o007))
}

// prepareCredentials computes the text of the credentials file.
func (f *Files) prepareCredentials(w *writing, set map[string]*param.Credential) error {
	name := f.opts.Load.Credentials
	if name == "" {
		return errors.New("the change has a password, and there is no file for it; the program that shows the console must name one")
	}
	old, err := os.ReadFile(name)
	switch {
	case err == nil:
		w.oldCredentials = append([]byte{}, old...)
		err = closeToOthers(name)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return source.FileError(name, err)
	}
	w.record.Variables = slices.Sorted(maps.Keys(set))
	former := load.ReadCredentials(old, w.record.Variables...)
	if w.formerCredentials, err = load.SetCredentials(nil, former); err == nil {
		w.credentials, err = load.SetCredentials(old, set)
	}
	return err
}

// check reads the files as they will be, and returns an error unless the policy is that of the trial. The last
// script may end with exit, or its variables may have other values than the commands expect.
func (f *Files) check(ctx context.Context, t *Trial, w *writing) error {
	probe := ""
	overlay := map[string][]byte{f.target.name: w.after}
	if w.credentials != nil {
		overlay[f.opts.Load.Credentials] = w.credentials
	}
	if f.target.script {
		probe = rand.Text()
		e := encodingOf(w.after)
		overlay[f.target.name] = append(bytes.Clone(w.after), e.encode(e.end+"Write-Warning "+probe+e.end)...)
	}
	v, err := f.read(ctx, overlay)
	if err != nil {
		return err
	}
	if len(v.Mistakes) > 0 {
		return fmt.Errorf("at the end of %s the commands fail: %w", f.target.name, v.Mistakes)
	}
	reached := slices.ContainsFunc(v.Loaded.Warnings, func(d source.Diagnostic) bool { return strings.Contains(d.Detail, probe) })
	switch same, err := equal(v.Config, t.After.Config()); {
	case err != nil:
		return err
	case !reached && f.target.script:
		return fmt.Errorf("commands at the end of %s don't run, because exit or return ends the script before; remove it", f.target.name)
	case !same:
		return fmt.Errorf("at the end of %s the commands do something else than by themselves; look there for variables and functions with the same names, and for a credential that other commands use too", f.target.name)
	}
	return nil
}

// equal reports whether two configurations say the same, passwords included.
func equal(a, b connector.Config) (bool, error) {
	first, err := jsonconfig.MarshalWithSecrets(a)
	if err != nil {
		return false, err
	}
	second, err := jsonconfig.MarshalWithSecrets(b)
	return bytes.Equal(first, second), err
}
