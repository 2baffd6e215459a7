//go:build unix

package userfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Save by root leaves the file to the user whose it was: a gateway that doesn't run as
// root must still read it.
func TestSaveKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files to others")
	}
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	const user, group = 4711, 4712
	if err := os.Chown(path, user, group); err != nil {
		t.Fatal(err)
	}
	if err := parse(t, "# new\n").Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != user || s.Gid != group || info.Mode() != 0o640 {
		t.Errorf("it belongs to %d:%d with mode %v", s.Uid, s.Gid, info.Mode())
	}
}
