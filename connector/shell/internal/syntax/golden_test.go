package syntax_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden reads each script of testdata and compares the tree, or the
// errors, with what stands beside it.
func TestGolden(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.ps1")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range scripts {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			if script, err := syntax.Parse(name, src); err != nil {
				got = err.Error() + "\n"
			} else {
				got = dump(script)
			}
			golden := strings.TrimSuffix(path, ".ps1") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s:\n%s", golden, got)
			}
		})
	}
}

// TestErrorsHidePasswords holds for scripts whose errors stand on the lines of
// a password.
func TestErrorsHidePasswords(t *testing.T) {
	src, err := os.ReadFile("testdata/passwords.ps1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = syntax.Parse("passwords.ps1", src)
	if err == nil {
		t.Fatal("no errors")
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the password is shown:\n%v", err)
	}
}
