//go:build unix

package policyfiles

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: a pipe as a file with a password holds up no one.
func TestPipe(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	if err := syscall.Mkfifo(filepath.Join(x.dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := strings.Replace(sendChange.Commands, "Get-Credential", "Get-Credential hub -PasswordFrom @{File = 'pipe'}", 1)
	trial, err := x.current().Try(t.Context(), Change{Commands: commands})
	if err != nil || len(trial.Mistakes) != 1 || !strings.Contains(trial.Mistakes[0].Detail, "it is not a file") {
		t.Errorf("%v %v", err, trial)
	}
}
