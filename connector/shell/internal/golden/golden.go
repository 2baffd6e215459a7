// Package golden is for tests alone: it compares the results of scripts with the
// golden files beside them, or writes those files where a test runs with -update.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// Scripts calls run with the base name and the text of each .ps1 file of a
// directory, in a test of its own, and compares what it returns with the file of
// the same name that ends in ext.
func Scripts(t *testing.T, dir, ext string, run func(t *testing.T, name string, src []byte) string) {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join(dir, "*.ps1"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	for _, path := range scripts {
		stem := strings.TrimSuffix(path, ".ps1")
		t.Run(filepath.Base(stem), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			Compare(t, stem+ext, run(t, filepath.Base(path), src))
		})
	}
}

// Compare compares got with a file.
func Compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("this differs from %s, which -update rewrites:\n%s", file, got)
	}
}
