package archtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDependenciesAreListed wants every module that ours require, in the
// version required, to stand in docs/dependencies.md.
func TestDependenciesAreListed(t *testing.T) {
	listed, err := os.ReadFile(filepath.Join(root(t), "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{".", "examples", "examples/otlp", "examples/submission", "verifiers", "milter", "metrics", "tracing", "console/browsertest"} {
		out, err := run(filepath.Join(root(t), dir), "go", "mod", "edit", "-json")
		if err != nil {
			t.Fatal(err)
		}
		var mod struct {
			Require []struct{ Path, Version string }
		}
		if err := json.Unmarshal([]byte(out), &mod); err != nil {
			t.Fatal(err)
		}
		for _, r := range mod.Require {
			if !strings.HasPrefix(r.Path, module) && (!strings.Contains(string(listed), r.Path) || !strings.Contains(string(listed), r.Version)) {
				t.Errorf("%s requires %s %s, which docs/dependencies.md doesn't list", dir, r.Path, r.Version)
			}
		}
	}
}
