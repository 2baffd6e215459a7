package ledger

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// programs compiles gateways, each once for all tests.
var programs struct {
	mu       sync.Mutex
	dir      string
	binaries map[string]string // by build tag
}

// build returns the gateway, built with a tag, or without one if tag is "".
func build(t *testing.T, tag string) string {
	t.Helper()
	p := &programs
	p.mu.Lock()
	defer p.mu.Unlock()
	if binary := p.binaries[tag]; binary != "" {
		return binary
	}
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "interchange-ledger-")
		if err != nil {
			t.Fatal(err)
		}
		p.dir, p.binaries = dir, map[string]string{}
	}
	binary := filepath.Join(p.dir, "gateway"+tag)
	if out, err := exec.Command("go", "build", "-tags", tag, "-o", binary, "../../gateway").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	p.binaries[tag] = binary
	return binary
}

// TestMain removes what build has made.
func TestMain(m *testing.M) {
	code := m.Run()
	if programs.dir != "" {
		os.RemoveAll(programs.dir) // what remains does no harm
	}
	os.Exit(code)
}
