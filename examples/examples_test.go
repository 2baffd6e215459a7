package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// programs are those that docs/embedding.md shows.
var programs = []string{"acme", "appmail", "dnsbl", "durable", "filter", "gosmtpmiddleware", "gosmtpserver", "maildir", "otlp", "policyci", "submission"}

// TestLength keeps a promise of docs/embedding.md: a program is one file of at most a
// hundred lines.
func TestLength(t *testing.T) {
	for _, name := range programs {
		files, err := filepath.Glob(filepath.Join(name, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		tests, err := filepath.Glob(filepath.Join(name, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(name, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > 100 || len(files) != len(tests)+1 || len(tests) == 0 {
			t.Errorf("%s has %d lines in main.go, %d files and %d of them tests", name, n, len(files), len(tests))
		}
	}
}
