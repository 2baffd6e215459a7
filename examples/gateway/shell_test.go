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
	t.Setenv(credentialPrefix+"_mycred", "user:password")
	t.Setenv(answerPrefix+"Greeting", "hello")
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

func TestCredentials(t *testing.T) {
	file, err := loadCredentials("testdata/credentials")
	if err != nil {
		t.Fatal(err)
	}
	c := &credentials{file: file, env: func() []string {
		return []string{"PATH=/bin", "INTERCHANGE_CREDENTIAL_other=bob:secret", "INTERCHANGE_CREDENTIAL=ann:se:cret", "INTERCHANGE_CREDENTIAL_bad=bob", "INTERCHANGE_ANSWER_Server=EX01"}
	}}
	tests := []struct {
		ask                  shell.Request
		user, password, fail string
	}{
		{shell.Request{Variable: "MyCred"}, "gateway@contoso.com", "correct:horse", ""},
		{shell.Request{Variable: "Other"}, "bob", "secret", ""},
		{shell.Request{}, "ann", "se:cret", ""},
		{shell.Request{Variable: "other", UserName: "BOB"}, "bob", "secret", ""},
		{shell.Request{Variable: "other", UserName: "ann"}, "", "", "asks for the user"},
		{shell.Request{Variable: "bad"}, "", "", "INTERCHANGE_CREDENTIAL_bad=user:password"},
		{shell.Request{Variable: "none"}, "", "", "INTERCHANGE_CREDENTIAL_none=user:password"},
	}
	for _, tt := range tests {
		cred, err := c.answer(tt.ask)
		if tt.fail != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fail) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%+v: %v", tt.ask, err)
			}
			continue
		}
		if err != nil || cred.UserName != tt.user || string(cred.Password) != tt.password {
			t.Errorf("%+v: %s %v", tt.ask, cred.UserName, err)
		}
	}
	for _, q := range []struct {
		ask  shell.Question
		want string // "" for an error
	}{
		{shell.Question{Variable: "other", Secret: true}, "secret"}, {shell.Question{Variable: "server"}, "EX01"},
		{shell.Question{Variable: "other"}, ""}, {shell.Question{}, ""}, {shell.Question{Variable: "server", Secret: true}, ""},
	} {
		if got, err := c.reply(q.ask); string(got) != q.want || (err == nil) != (q.want != "") {
			t.Errorf("%+v: %q %v", q.ask, string(got), err)
		}
	}
	c.asker = func(_ shell.Request, message string) (string, string, error) { return message, "typed", nil }
	if cred, err := c.answer(shell.Request{Variable: "none"}); err != nil || cred.UserName != "Credentials for $none" {
		t.Errorf("asked: %v %v", cred, err)
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
