package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestManual: there is a page for each command with its actions, flags and exit codes, and man prints each without a
// warning.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	ranAs(t, exitOK, "help", "-man", dir)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(file)] = string(text)
		if printed := asManPrints(t, file); printed != "" {
			pages[filepath.Base(file)] = printed
		}
	}
	shown := 0
	for _, cmd := range commands() {
		page := pages["gateway-"+cmd.name+".1"]
		if cmd.hidden {
			if page != "" || strings.Contains(pages["gateway.1"], cmd.name) {
				t.Errorf("%s is hidden and is in the manual", cmd.name)
			}
			continue
		}
		shown++
		if !strings.Contains(strings.ReplaceAll(pages["gateway.1"], `\-`, "-"), "gateway-"+cmd.name+"(1)") {
			t.Errorf("gateway(1) lacks %s", cmd.name)
		}
		page = strings.ReplaceAll(page, `\-`, "-")
		for _, a := range cmd.actions {
			if !strings.Contains(page, a.name) {
				t.Errorf("gateway-%s(1) lacks the action %s", cmd.name, a.name)
			}
		}
		for _, f := range flagsIn(newCLI(nil, nil, nil).flagsOf(&cmd)) {
			if !strings.Contains(page, "-"+f.Name) {
				t.Errorf("gateway-%s(1) lacks -%s", cmd.name, f.Name)
			}
		}
	}
	if len(pages) != shown+1 {
		t.Errorf("%d pages for %d commands", len(pages), shown)
	}
	if text := ranAs(t, exitInvalid, "help", "-man", filepath.Join(dir, "absent")); !strings.Contains(text, "absent") {
		t.Errorf("a directory that doesn't exist: %s", text)
	}
}

// asManPrints returns the page as man prints it, or "" where man isn't installed.
func asManPrints(t *testing.T, file string) string {
	t.Helper()
	if _, err := exec.LookPath("man"); err != nil {
		t.Log("man is not installed: it isn't asked for warnings")
		return ""
	}
	cmd := exec.Command("man", "--warnings", "-E", "UTF-8", "-l", file)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANPAGER=cat", "MANROFFSEQ=", "MANWIDTH=200")
	var warnings strings.Builder
	cmd.Stderr = &warnings
	text, err := cmd.Output()
	if err != nil || warnings.Len() > 0 {
		t.Errorf("man %s: %v\n%s", filepath.Base(file), err, &warnings)
	}
	return string(text)
}

// TestRoffEscape: text of the table is never a request of roff.
func TestRoffEscape(t *testing.T) {
	var r roff
	r.text(".de x\n'so /etc/passwd \\n(.s -a `b`")
	if want := "\\&.de x \\(aqso /etc/passwd \\en(.s \\-a \\(gab\\(ga\n"; r.String() != want {
		t.Errorf("%q, want %q", r.String(), want)
	}
}
