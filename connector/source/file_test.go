package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileError(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	_, err := os.ReadFile(absent)
	for _, err := range []error{err, os.Rename(absent, absent+"2"), os.NewSyscallError("open", fs.ErrNotExist)} {
		got := FileError("policy.json", err)
		if text, ok := strings.CutPrefix(got.Error(), "policy.json: "); !ok || strings.Contains(text, ":") || strings.Contains(text, "open") {
			t.Errorf("%v becomes %v", err, got)
		}
		if !errors.Is(got, fs.ErrNotExist) {
			t.Errorf("%v doesn't wrap the reason", got)
		}
	}
	if got := FileError("x", io.ErrUnexpectedEOF); got.Error() != "x: unexpected EOF" || !errors.Is(got, io.ErrUnexpectedEOF) {
		t.Errorf("%v", got)
	}
	if err := FileError("x", nil); err != nil {
		t.Errorf("no error becomes %v", err)
	}
}

func TestUnreadable(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	_, err := os.ReadFile(absent)
	d := Unreadable(absent, err)
	if got := d.Error(); strings.Count(got, absent) != 1 || strings.Contains(got, "open") || !errors.Is(&d, CodeFileUnreadable) || !errors.Is(&d, fs.ErrNotExist) {
		t.Errorf("%v", got)
	}
}
