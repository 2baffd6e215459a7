package shell_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell"
)

// TestSavePolicy: the program saves, and the cmdlet says what it returns.
func TestSavePolicy(t *testing.T) {
	var out strings.Builder
	var saved []string
	_, err := run(t, shell.Options{Out: &out, Save: func(file string, passwords bool) (string, error) {
		saved = append(saved, fmt.Sprint(file, passwords))
		if file == "full.json" {
			return "", errors.New("the disk is full")
		}
		return "it has no passwords", nil
	}}, "Save-Policy; Save-Policy a.ps1 -WithPasswords:$false; Save-Policy -Path a.json -WithPasswords; Save-Policy b.json -WhatIf; Save-Policy ''; Save-Policy full.json")
	if want := []string{"false", "a.ps1false", "a.jsontrue", "full.jsonfalse"}; !slices.Equal(saved, want) {
		t.Errorf("saved %q, want %q", saved, want)
	}
	if got := strings.Count(out.String(), "it has no passwords"); got != 3 {
		t.Errorf("%d warnings, want 3:\n%s", got, &out)
	}
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "it is empty") {
		t.Errorf("got %v", err)
	}
	if _, err := run(t, shell.Options{}, "Save-Policy a.ps1"); err == nil || !strings.Contains(err.Error(), "can't be saved here") {
		t.Errorf("a script without a place to save gets %v", err)
	}
	in := shell.New(shell.Options{})
	if _, words := in.Complete("Save-Policy -W"); !slices.Contains(words, "-WithPasswords") {
		t.Errorf("completes as %q", words)
	}
}
