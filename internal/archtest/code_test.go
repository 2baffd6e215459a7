package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCodeListsPackages checks that docs/code.md describes every package, and no
// package that doesn't exist.
func TestCodeListsPackages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs/code.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9./]+)` \\| .").FindAllStringSubmatch(string(text), -1) {
		listed[m[1]] = true
	}
	for _, p := range packages(t, "./...", "./examples/...", "./verifiers/...", "./milter/...", "./metrics/...", "./tracing/...", "./examples/otlp", "./examples/submission", "./console/browsertest") {
		if !listed[p.rel()] {
			t.Errorf("docs/code.md has no row for %s", p.rel())
		}
		delete(listed, p.rel())
	}
	for name := range listed {
		t.Errorf("docs/code.md has a row for %s, which doesn't exist", name)
	}
}

// TestCodePlaces checks that the files and functions that docs/code.md and docs/limits.md name, as in
// `relay/conn.go:serveConn`, exist.
func TestCodePlaces(t *testing.T) {
	for _, name := range []string{"docs/code.md", "docs/limits.md"} {
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		places := regexp.MustCompile("`([a-z0-9/_]+\\.go):(\\w+)`").FindAllStringSubmatch(string(text), -1)
		if len(places) < 20 {
			t.Fatalf("%s: found %d places only", name, len(places))
		}
		for _, m := range places {
			source, err := os.ReadFile(filepath.Join(root(t), m[1]))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + m[2] + `\(`).Match(source) {
				t.Errorf("%s: %s has no function %s", name, m[1], m[2])
			}
		}
		if strings.Contains(string(text), "@@") {
			t.Errorf("%s is unfinished", name)
		}
	}
}
