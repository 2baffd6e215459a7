package load_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
)

// TestReplaceFile: a file with secrets is for its owner only; one without keeps its mode.
func TestReplaceFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text    string
		secrets bool
		mode    os.FileMode
	}{{"plain", false, 0o644}, {"secret", true, 0o600}} {
		if err := load.ReplaceFile(file, []byte(tt.text), tt.secrets); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil || string(text) != tt.text {
			t.Errorf("%q %v", text, err)
		}
		if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != tt.mode {
			t.Errorf("%s: mode %v, want %v: %v", tt.text, info.Mode(), tt.mode, err)
		}
	}
	if err := load.ReplaceFile(filepath.Join(file, "b.json"), nil, true); err == nil || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("wrote into a file: %v", err)
	}
}
