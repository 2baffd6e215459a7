//go:build linux

package e2e

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dialog is a finished run of swaks.
type dialog struct {
	exit int
	text string
}

// swaks sends one message from h with swaks's own arguments. Without --data
// the message is a short one.
func (h *host) swaks(t *testing.T, args ...string) dialog {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := h.command(ctx, "swaks", append([]string{"--ehlo", "client.example"}, args...)...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("swaks: %v: %s", err, out)
	}
	return dialog{cmd.ProcessState.ExitCode(), string(out)}
}

// accepted fails the test unless the message was accepted.
func (d dialog) accepted(t *testing.T) {
	t.Helper()
	if d.exit != 0 {
		t.Fatalf("the message was not taken:\n%s", d.text)
	}
}

// refused fails the test unless the server answered with reply, which starts with its
// codes, and accepted nothing.
func (d dialog) refused(t *testing.T, reply string) {
	t.Helper()
	if d.exit == 0 {
		t.Fatalf("the message was taken:\n%s", d.text)
	}
	if !strings.Contains(d.text, "<** "+reply) && !strings.Contains(d.text, "<~* "+reply) {
		t.Fatalf("no reply %q in:\n%s", reply, d.text)
	}
}

// offers reports whether the last EHLO reply has a line with the keyword.
func (d dialog) offers(keyword string) bool {
	_, last, _ := cutLast(d.text, "EHLO ")
	for line := range strings.Lines(last) {
		line = strings.TrimLeft(line, "<-~ ")
		if rest, ok := strings.CutPrefix(line, "250"); ok && strings.HasPrefix(strings.TrimLeft(rest, "- "), keyword) {
			return true
		}
	}
	return false
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// messageFile writes a message for swaks's --data and returns the argument.
func messageFile(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(publicDir(t), "message")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return "@" + file
}

// plain is the initial response of AUTH PLAIN.
func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}
