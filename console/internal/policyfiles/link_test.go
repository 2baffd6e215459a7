package policyfiles

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestLink opens a file by a symbolic link in another directory and by its own name. Both see the changes of each other and
// wait for each other; the link stays a link.
func TestLink(t *testing.T) {
	byName := newFixture(t, Options{}, "relay.ps1", basePolicy)
	link := filepath.Join(t.TempDir(), "current.ps1")
	if err := os.Symlink(filepath.Join(byName.dir, "relay.ps1"), link); err != nil {
		t.Skip(err)
	}
	opts := byName.opts
	opts.Names, opts.Versions = []string{link}, ""
	files, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	byLink := &fixture{Files: files, t: t, dir: filepath.Dir(link)}

	byLink.apply(byLink.try(Change{Commands: commented}), "anna")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if byLink.text("current.ps1.versions") != "absent" || byName.text("relay.ps1.versions/000001.ps1") != basePolicy {
		t.Error("the earlier version isn't beside the file")
	}
	if entries := byName.entries(); len(entries) != 1 || entries[0].By != "anna" {
		t.Errorf("by its name: %+v", entries)
	}
	undo, err := byName.TryUndo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := byLink.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := byName.Apply(ctx, undo, "bert"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a change by the other name doesn't wait: %v", err)
	}
	unlock()
	byName.apply(undo, "bert")
	if got := byLink.text("current.ps1"); got != basePolicy || len(byLink.entries()) != 2 {
		t.Errorf("after the undo: %q", got)
	}
}
