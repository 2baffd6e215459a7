package archtest_test

import (
	"go/doc"
	"go/token"
	"slices"
	"testing"
)

// TestPackagesIntroduceThemselves checks that every package that an embedder can
// import, and the root with its map, has a doc.go and an example with output.
func TestPackagesIntroduceThemselves(t *testing.T) {
	for _, p := range packages(t, "./...") {
		if p.internal() {
			continue
		}
		if !slices.Contains(p.GoFiles, "doc.go") {
			t.Errorf("%s has no doc.go", p.rel())
		}
		files := parse(t, token.NewFileSet(), p, slices.Concat(p.TestGoFiles, p.XTestGoFiles))
		checked := func(e *doc.Example) bool { return e.Output != "" }
		if !slices.ContainsFunc(doc.Examples(files...), checked) {
			t.Errorf("%s has no example with output", p.rel())
		}
	}
}
