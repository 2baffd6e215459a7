package journal_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/examples/gateway/internal/journal"
)

// TestReads compares standard error with the stream that systemd names.
func TestReads(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if t.Setenv("JOURNAL_STREAM", "8:1"); journal.Reads(f) {
		t.Error("a file that isn't the journal's")
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	if t.Setenv("JOURNAL_STREAM", fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)); !journal.Reads(f) {
		t.Error("the journal's stream isn't known")
	}
}
