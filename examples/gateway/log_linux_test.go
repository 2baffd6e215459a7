package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestJournal: a gateway writes to a file that systemd names as the journal's.
func TestJournal(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	t.Setenv("JOURNAL_STREAM", fmt.Sprintf("%d:%d", stat.Dev, stat.Ino))
	for _, asJSON := range []bool{false, true} {
		logger := newLogger(log, asJSON)
		logger.Info("first")
		logger.With("hop", "out").Warn("second")
	}
	text, err := os.ReadFile(log.Name())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	if len(lines) != 5 || lines[0] != "<6>level=INFO msg=first\n" || lines[1] != "<4>level=WARN msg=second hop=out\n" ||
		!strings.HasPrefix(lines[2], `<6>{"time":`) || !strings.HasPrefix(lines[3], `<4>{"time":`) {
		t.Errorf("the journal gets %q", lines)
	}
}
