package load_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
)

// TestScriptFiles keeps scripts in their directory.
func TestScriptFiles(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "inner")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(inner, "sub"), 0o700),
		os.WriteFile(filepath.Join(dir, "outside"), []byte("secret"), 0o600),
		os.WriteFile(filepath.Join(inner, "sub", "a.csv"), []byte("a"), 0o600),
		os.Symlink(filepath.Join(dir, "outside"), filepath.Join(inner, "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	f := &load.Directory{Path: inner}
	if data, err := f.ReadFile(`.\sub\a.csv`); err != nil || string(data) != "a" {
		t.Errorf("%q %v", data, err)
	}
	for _, name := range []string{`..\outside`, "../outside", filepath.Join(dir, "outside"), "link", "sub", "absent", "", "/dev/zero"} {
		if data, err := f.ReadFile(name); err == nil {
			t.Errorf("%s is read: %q", name, data)
		}
	}
	if err := f.WriteFile("b", nil); err == nil {
		t.Error("a configuration writes files")
	}
	f.Write = true
	if err := f.WriteFile(`sub\b`, []byte("b")); err != nil {
		t.Error(err)
	}
	if err := f.WriteFile(`..\b`, nil); err == nil {
		t.Error("a script writes outside its directory")
	}
}

// TestImported reports each file that scripts read, and those that are absent, but none outside of their directory.
func TestImported(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.ps1": "Import-Csv a.csv | Out-Null", "b.ps1": "Get-Content ./sub\\absent", "c.ps1": "Get-Content ../a.csv", "a.csv": "Name\nx\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	opts := load.Options{Imported: func(name string, data []byte, err error) {
		rel, _ := filepath.Rel(dir, name)
		got = append(got, fmt.Sprintf("%s %q %t", filepath.ToSlash(rel), data, errors.Is(err, fs.ErrNotExist)))
	}}
	for _, name := range []string{"a.ps1", "b.ps1", "c.ps1"} {
		_, err := load.Read(t.Context(), opts, filepath.Join(dir, name))
		if (err == nil) != (name == "a.ps1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if want := []string{`a.csv "Name\nx\n" false`, `sub/absent "" true`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
