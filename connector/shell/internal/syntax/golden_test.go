package syntax_test

import (
	"os"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/golden"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// TestGolden reads each script of testdata and compares the tree, or the
// errors, with what stands beside it.
func TestGolden(t *testing.T) {
	golden.Scripts(t, "testdata", ".golden", func(_ *testing.T, name string, src []byte) string {
		script, err := syntax.Parse(name, src)
		if err != nil {
			return err.Error() + "\n"
		}
		return dump(script)
	})
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
