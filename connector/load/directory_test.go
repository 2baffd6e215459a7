package load_test

import (
	"os"
	"path/filepath"
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
