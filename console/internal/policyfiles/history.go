package policyfiles

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// maxEntries is the number of changes that are kept.
const maxEntries = 100

// Entry is a change that was applied.
type Entry struct {
	Number   int // from 1; it names the files in the directory of versions
	Time     time.Time
	By       string // the user
	Title    string
	Commands string // "": the change undid another
	Before   string // the policy's fingerprint before the change, as Policy.Fingerprint returns it
	After    string // and afterwards
	Undoes   int    `json:",omitempty"` // the number of the entry that this one undid; 0: none
}

// record is an entry as it is stored.
type record struct {
	Entry
	Sum       string   // SHA-256 of the file after the change, in hexadecimal
	Variables []string `json:",omitempty"` // whose lines in the credentials file changed
}

// sumOf returns the Sum of a text.
func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// stored returns the name of a file of an entry: .json for the record, .credentials for the lines of its
// Variables before the change, and the extension of the changed file for its text before.
func (f *Files) stored(number int, ext string) string {
	return filepath.Join(f.opts.Versions, fmt.Sprintf("%06d", number)+ext)
}

// Extensions of the files of an entry, beside that of the changed file.
const (
	recordExt     = ".json"
	credentialExt = ".credentials"
)

// textExt returns the extension of the texts before changes. Those of a JSON document differ from records.
func (f *Files) textExt() string {
	if f.target.document {
		return ".policy.json"
	}
	return filepath.Ext(f.target.name)
}

// Entries returns the changes that are kept, the newest first: the last 100. They survive a restart, because
// they are read from the directory of versions. A change that a crash stopped before it reached the policy's
// file isn't one.
func (f *Files) Entries(ctx context.Context) ([]Entry, error) {
	records, err := f.records()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(records))
	for i, r := range records {
		entries[i] = r.Entry
	}
	return entries, ctx.Err()
}

// records returns the records of Entries.
func (f *Files) records() ([]record, error) {
	if f.target.name == "" {
		return nil, nil
	}
	files, err := os.ReadDir(f.opts.Versions)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, source.FileError(f.opts.Versions, err)
	}
	var all []record
	for _, file := range files {
		number, err := strconv.Atoi(strings.TrimSuffix(file.Name(), recordExt))
		if err != nil || number < 1 {
			continue
		}
		name := filepath.Join(f.opts.Versions, file.Name())
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, source.FileError(name, err)
		}
		r := record{}
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s isn't the record of a change: %w; move it away", name, err)
		}
		r.Number = number
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b record) int { return cmp.Compare(b.Number, a.Number) })
	if len(all) > 0 && f.unfinished(all[0]) {
		all = all[1:]
	}
	return all, nil
}

// unfinished reports whether the policy's file still is as it was before the change.
func (f *Files) unfinished(r record) bool {
	now, err := os.ReadFile(f.target.name)
	if err != nil || sumOf(now) == r.Sum {
		return false
	}
	before, err := os.ReadFile(f.stored(r.Number, f.textExt()))
	return err == nil && bytes.Equal(before, now)
}

// store keeps the record of a change and what it will overwrite.
func (f *Files) store(w *writing) error {
	if err := atomicfile.MakeDir(f.opts.Versions); err != nil {
		return fmt.Errorf("no earlier version of %s can be kept: %w", f.target.name, err)
	}
	f.forget(w.record.Number) // that a crash may have left
	text, err := json.MarshalIndent(w.record, "", "  ")
	if err != nil {
		return err
	}
	former := map[string][]byte{f.textExt(): w.before, recordExt: append(text, '\n')}
	if len(w.formerCredentials) > 0 {
		former[credentialExt] = w.formerCredentials
	}
	for _, ext := range []string{credentialExt, f.textExt(), recordExt} {
		if text, ok := former[ext]; ok {
			if err := f.write(f.stored(w.record.Number, ext), text); err != nil {
				f.forget(w.record.Number)
				return fmt.Errorf("no earlier version of %s can be kept: %w", f.target.name, err)
			}
		}
	}
	return nil
}

// forget removes the files of an entry.
func (f *Files) forget(number int) {
	for _, ext := range []string{recordExt, f.textExt(), credentialExt} {
		_ = os.Remove(f.stored(number, ext))
	}
}

// prune removes the oldest entries.
func (f *Files) prune() {
	records, err := f.records()
	if err != nil || len(records) <= maxEntries {
		return
	}
	for _, r := range records[maxEntries:] {
		f.forget(r.Number)
	}
}
