package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// TestCommandTable: what the table says in its synopses exists, and the flags exist that only concern some actions.
func TestCommandTable(t *testing.T) {
	inSynopsis := regexp.MustCompile(`(?:^|[\s\[])-([a-z][a-z-]*)`)
	for _, cmd := range commands() {
		flags := newCLI(nil, nil, nil).flagsOf(&cmd)
		synopsis := strings.Join(cmd.synopsis, "\n")
		for _, m := range inSynopsis.FindAllStringSubmatch(synopsis, -1) {
			if flags.Lookup(m[1]) == nil {
				t.Errorf("%s: its synopsis has -%s, which is not a flag", cmd.name, m[1])
			}
		}
		for _, a := range cmd.actions {
			if !regexp.MustCompile(`(?m)(^|\|)` + a.name + `(\||\s|$)`).MatchString(synopsis) {
				t.Errorf("%s: its synopsis lacks the action %s", cmd.name, a.name)
			}
		}
		if len(cmd.exits) == 0 || cmd.summary == "" {
			t.Errorf("%s: no summary, or no exit codes", cmd.name)
		}
	}
}

// TestActionsKnown: each action of the table is one for the command, and a word that isn't in it is not.
func TestActionsKnown(t *testing.T) {
	for _, cmd := range commands() {
		for _, a := range cmd.actions {
			var out bytes.Buffer
			run([]string{cmd.name, a.name}, strings.NewReader(""), &out, &out)
			if strings.Contains(out.String(), "give an action") || strings.Contains(out.String(), "give one action") {
				t.Errorf("%s %s: %s", cmd.name, a.name, &out)
			}
		}
		if cmd.actions == nil {
			continue
		}
		var out bytes.Buffer
		flags := []string{cmd.name, "frobnicate", "-data", t.TempDir()}
		if newCLI(nil, nil, nil).flagsOf(&cmd).Lookup("data") == nil {
			flags = flags[:2]
		}
		if code := run(flags, strings.NewReader(""), &out, &out); code != exitInvalid || !strings.Contains(out.String(), "action") {
			t.Errorf("%s frobnicate: exit %d: %s", cmd.name, code, &out)
		}
	}
}

// TestFlagsAfterWords: every command that takes words takes flags before, between and after them, and none after --.
func TestFlagsAfterWords(t *testing.T) {
	for _, cmd := range commands() {
		words := []string{"one", "two"}
		if cmd.actions != nil {
			words[0] = cmd.actions[0].name
		} else if cmd.words == "" {
			words = nil
		}
		args := append([]string{cmd.name}, words...)
		for at := 1; at <= len(args); at++ {
			var out, wrong bytes.Buffer
			mixed := append(append(append([]string{}, args[:at]...), "-h"), args[at:]...)
			if code := run(mixed, strings.NewReader(""), &out, &wrong); code != exitOK || !strings.HasPrefix(out.String(), "usage: gateway "+cmd.name) {
				t.Errorf("%q: exit %d: %s%s", mixed, code, &out, &wrong)
			}
		}
		var out bytes.Buffer
		if run([]string{cmd.name, "--", "-h"}, strings.NewReader(""), &out, &out); strings.Contains(out.String(), "usage: gateway "+cmd.name) {
			t.Errorf("%s -- -h prints the usage", cmd.name)
		}
	}
}

// TestHelp: gateway help COMMAND prints the same as gateway COMMAND -h.
func TestHelp(t *testing.T) {
	for _, cmd := range commands() {
		if help, flag := ranAs(t, exitOK, "help", cmd.name), ranAs(t, exitOK, cmd.name, "-h"); help != flag || help == "" {
			t.Errorf("gateway help %s prints\n%sand gateway %s -h\n%s", cmd.name, help, cmd.name, flag)
		}
	}
	if text := ranAs(t, exitInvalid, "help", "frobnicate"); !strings.Contains(text, `there is no command "frobnicate"; gateway help lists the commands`) {
		t.Errorf("help of an unknown command: %s", text)
	}
}
