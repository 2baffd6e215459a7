package load_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestUnreadable: a file that is absent is a mistake with its name, code and cause.
func TestUnreadable(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.json")
	policy := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(policy, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, files := load.Files(t.Context(), load.Options{}, absent)
	_, names := load.Names(absent)
	_, credentials := load.Files(t.Context(), load.Options{Credentials: absent}, policy)
	for _, err := range []error{files, names, credentials} {
		var d *source.Diagnostic
		if !errors.As(err, &d) || d.File != absent || !errors.Is(err, source.CodeFileUnreadable) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
}
