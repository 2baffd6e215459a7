//go:build unix

package atomicfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

// Root makes directories and files for a program that runs as another user.
func TestNewFilesHaveTheOwnerOfTheirDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files to others")
	}
	data := t.TempDir()
	if err := os.Chown(data, 1234, 1234); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(data, "tokens")
	for range 2 {
		if err := atomicfile.MakeDir(dir); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.MakeEmpty(filepath.Join(dir, "lock")); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.Write(filepath.Join(dir, "a"), strings.NewReader("x"), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "lock", "a"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 1234 || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q: owner %d, mode %v", name, uid, info.Mode())
		}
	}
	if err := atomicfile.MakeEmpty(filepath.Join(data, "absent", "lock")); err == nil {
		t.Error("made a file in a directory that doesn't exist")
	}
	if err := atomicfile.MakeDir(filepath.Join(dir, "a", "b")); err == nil {
		t.Error("made a directory in a file")
	}
}
