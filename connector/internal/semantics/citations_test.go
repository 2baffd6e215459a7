package semantics_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCitations checks that the pages have the passages that comments name: docs/page.md
// "passage", where … stands for anything.
func TestCitations(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "observed/*.go"} {
		matching, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matching...)
	}
	cited := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		comments := regexp.MustCompile(`\n\s*// `).ReplaceAllString(string(text), " ")
		for _, m := range regexp.MustCompile(`docs/([a-z-]+\.md) "([^"]+)"`).FindAllStringSubmatch(comments, -1) {
			page, err := os.ReadFile(filepath.Join("../../../docs", m[1]))
			if err != nil {
				t.Fatal(err)
			}
			plain := strings.NewReplacer("`", "", "*", "", "\n", " ").Replace(string(page))
			if passage := strings.TrimSpace(strings.Split(m[2], "…")[0]); !strings.Contains(plain, passage) {
				t.Errorf("%s: docs/%s has no %q", file, m[1], m[2])
			}
			cited++
		}
	}
	if cited < 30 {
		t.Errorf("only %d citations found", cited)
	}
}
