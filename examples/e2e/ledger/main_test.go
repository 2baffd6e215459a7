package ledger

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program compiles the gateway, once for all tests.
var program struct {
	once   sync.Once
	binary string
	err    error
}

// build returns the gateway.
func build(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		dir, err := os.MkdirTemp("", "interchange-ledger-")
		if err != nil {
			program.err = err
			return
		}
		program.binary = filepath.Join(dir, "gateway")
		if out, err := exec.Command("go", "build", "-o", program.binary, "../../gateway").CombinedOutput(); err != nil {
			program.err = fmt.Errorf("go build: %w: %s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.binary
}

// TestMain removes what build has made.
func TestMain(m *testing.M) {
	code := m.Run()
	if program.binary != "" {
		os.RemoveAll(filepath.Dir(program.binary)) // it is in the way of nobody
	}
	os.Exit(code)
}
