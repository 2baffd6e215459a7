package main

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/output.txt")

// TestOutput compares the output of the program, without the ids of messages, with a
// file.
func TestOutput(t *testing.T) {
	var out bytes.Buffer
	for _, s := range scenarios() {
		if err := s.run(&out); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	got := regexp.MustCompile(` id \w+ `).ReplaceAllString(out.String(), " id ID ")
	const file = "testdata/output.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestPolicyAndRelayAgree checks that every dialog on the wire ends as the policy
// decides, and that one of each scenario is refused.
func TestPolicyAndRelayAgree(t *testing.T) {
	for _, s := range scenarios() {
		var out bytes.Buffer
		if err := s.run(&out); err != nil {
			t.Fatal(err)
		}
		refused := 0
		for _, part := range strings.Split(out.String(), "\n-- ")[1:] {
			routed := strings.Contains(part, "   route: ")
			if arrived := strings.Contains(part, "on the wire: arrived at "); arrived != routed {
				t.Errorf("%s: %s", s.name, part)
			}
			if !routed {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%s: %d dialogs refused", s.name, refused)
		}
	}
}

// TestLength keeps the promise of the front page: the library in a hundred
// lines.
func TestLength(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n >= 100 {
		t.Errorf("main.go has %d lines, want less than 100", n)
	}
}
