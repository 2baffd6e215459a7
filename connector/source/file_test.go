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

func TestBeside(t *testing.T) {
	absolute, err := filepath.Abs("secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range [][3]string{{"etc/policy.json", "secret", "etc/secret"}, {"etc/policy.json", "../run/secret", "run/secret"},
		{"policy.json", "secret", "secret"}, {"", "secret", "secret"}, {"etc/policy.json", "", ""}, {"etc/policy.json", absolute, absolute}} {
		if got := Beside(filepath.FromSlash(tc[0]), tc[1]); got != filepath.FromSlash(tc[2]) {
			t.Errorf("%s, named in %s, is %s", tc[1], tc[0], got)
		}
	}
}

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
