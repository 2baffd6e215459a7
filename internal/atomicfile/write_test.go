package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := atomicfile.Write(path, strings.NewReader("one"), dir); err != nil {
		t.Fatal(err)
	}
	mode(t, path, 0o600)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, strings.NewReader("two"), ""); err != nil {
		t.Fatal(err)
	}
	mode(t, path, 0o640)
	if text, _ := os.ReadFile(path); string(text) != "two" {
		t.Errorf("the file has %q", text)
	}
}

// failing is a text that can't be written.
type failing struct{ err error }

func (f failing) WriteTo(w io.Writer) (int64, error) {
	n, _ := io.WriteString(w, "ha")
	return int64(n), f.err
}

func TestFailureLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := atomicfile.Write(path, strings.NewReader("one"), ""); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := atomicfile.Write(path, failing{broken}, ""); !errors.Is(err, broken) {
		t.Error(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "one" {
		t.Errorf("the file has %q", text)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the directory has %v", entries)
	}
	if err := atomicfile.Write(filepath.Join(dir, "absent", "a"), strings.NewReader(""), ""); err == nil {
		t.Error("wrote into a directory that doesn't exist")
	}
	if err := atomicfile.Write(filepath.Join(dir, "b"), strings.NewReader(""), filepath.Join(dir, "absent")); err == nil {
		t.Error("took the owner of a directory that doesn't exist")
	}
}

// mode checks the permissions of a file, where there are any.
func mode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != want {
		t.Errorf("mode %v, want %v", info.Mode().Perm(), want)
	}
}
