package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// TestShell gives scripts to gateway shell on standard input.
func TestShell(t *testing.T) {
	t.Setenv("INTERCHANGE_CREDENTIAL_mycred", "user:password")
	t.Setenv("INTERCHANGE_ANSWER_Greeting", "hello")
	tests := []struct {
		script string
		args   []string
	}{
		{"prompt", []string{"-server", "HubA"}},
		{"prompt-failure", []string{"-config", "testdata/relay.json"}},
		{"mistakes", nil},
		{"exit", nil},
		{"edge", []string{"-config", "testdata/edge.json"}},
	}
	for _, tt := range tests {
		t.Run(tt.script, func(t *testing.T) {
			src, err := os.ReadFile("testdata/" + tt.script + ".ps1")
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			code := run(append([]string{"shell"}, tt.args...), bytes.NewReader(src), &out, &out)
			got := out.String() + "exit " + string(rune('0'+code)) + "\n"
			golden(t, "shell-"+tt.script, got)
			if strings.Contains(got, "user:password") {
				t.Error("a script reads credentials from the environment")
			}
		})
	}
}

// TestShellRefusesMistakes: no command runs on a JSON file with mistakes.
func TestShellRefusesMistakes(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run([]string{"shell", "testdata/misspelt.json"}, strings.NewReader("Get-SendConnector\n"), &stdout, &stderr)
	if code != exitInvalid || stdout.Len() > 0 {
		t.Errorf("exit %d, want %d; printed %q", code, exitInvalid, &stdout)
	}
	for _, part := range []string{"testdata/misspelt.json:3:3: ", "gateway shell: the policy has 4 mistakes"} {
		if !strings.Contains(stderr.String(), part) {
			t.Errorf("%q doesn't hold %q", &stderr, part)
		}
	}
}

// TestConvertRoundTrip runs what convert prints, and converts it again.
func TestConvertRoundTrip(t *testing.T) {
	convert := func(to string, files ...string) string {
		args := []string{"convert", "-server", "HubA", "-profile", "exchange2007", "-to", to}
		for _, f := range files {
			args = append(args, "-config", f)
		}
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
			t.Fatalf("%v: exit %d: %s", args, code, &stderr)
		}
		return stdout.String()
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	want := convert("json", "testdata/relay.ps1")
	if got := convert("json", write("again.ps1", convert("shell", "testdata/relay.ps1"))); got != want {
		t.Errorf("by commands:\n%s\nwant:\n%s", got, want)
	}
	if got := convert("json", write("again.json", want)); got != want {
		t.Errorf("by JSON:\n%s\nwant:\n%s", got, want)
	}
}

// TestComplete completes as the line editor asks.
func TestComplete(t *testing.T) {
	s := &session{cli: &cli{stdout: io.Discard}, in: shell.New(shell.Options{})}
	for _, tt := range []struct{ line, head, want, tail string }{
		{"Set-Rec", "", "Set-ReceiveConnector ", ""},
		{"é; Set-ReceiveConnector x -ProtocolL", "é; Set-ReceiveConnector x ", "-ProtocolLoggingLevel ", " y"},
		{"Get-Nothing -x", "Get-Nothing ", "", ""},
	} {
		head, words, tail := s.complete(tt.line+tt.tail, len([]rune(tt.line)))
		if head != tt.head || strings.Join(words, "|") != tt.want || tail != tt.tail {
			t.Errorf("%s: %q %q %q", tt.line, head, words, tail)
		}
	}
}

// TestInterrupted ends a script that would run for long.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in := shell.New(shell.Options{Credential: func(shell.Request) (param.Credential, error) {
		return param.Credential{}, errors.New("not asked")
	}})
	if err := in.Run(ctx, "t.ps1", []byte("foreach ($i in 1..100000) { $i }")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
