package policyfiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TryUndo returns the trial that puts back the files as they were before the last entry. Apply makes it a new
// entry, so that an undo can be undone. It is an error if there is no entry, or if another program has changed
// the file since: that change would be lost.
func (f *Files) TryUndo(ctx context.Context) (*Trial, error) {
	now, err := f.Current(ctx)
	if err != nil {
		return nil, err
	}
	records, err := f.records()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("there is no change to undo")
	}
	last := records[0]
	name := f.stored(last.Number, f.textExt())
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the text before the last change can't be read: %w", source.FileError(name, err))
	}
	if sumOf(now.seen.text(f.target.name)) != last.Sum {
		return nil, fmt.Errorf("%s was edited after the last change of the console, so undoing that change would lose the edit; edit the file again, or put back %s", f.target.name, name)
	}
	if now.draft == nil {
		return nil, fmt.Errorf("the policy's files have mistakes: %w", now.Mistakes)
	}
	t := &Trial{Before: now, Change: Change{Title: "Undo: " + last.Title}, Undoes: &last.Entry, text: text}
	overlay := map[string][]byte{f.target.name: text}
	if len(last.Variables) > 0 {
		if t.set, err = f.formerCredentials(last); err != nil {
			return nil, err
		}
		credentials := now.seen.text(f.opts.Load.Credentials)
		if overlay[f.opts.Load.Credentials], err = load.SetCredentials(credentials, t.set); err != nil {
			return nil, err
		}
	}
	before, err := f.read(ctx, overlay)
	if err != nil {
		return nil, err
	}
	if t.Mistakes = before.Mistakes; len(t.Mistakes) == 0 {
		t.After = before.Loaded
	}
	t.prepare()
	return t, nil
}

// formerCredentials returns the credentials before a change, by the variables that it set; nil: there were none.
func (f *Files) formerCredentials(r record) (map[string]*param.Credential, error) {
	name := f.stored(r.Number, credentialExt)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, source.FileError(name, err)
	}
	return load.ReadCredentials(text, r.Variables...), nil
}
