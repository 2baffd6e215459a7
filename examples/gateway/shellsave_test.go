package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell"
)

// passwordScript makes a Send connector with a password.
const passwordScript = `$c = New-Object PSCredential 'u', (ConvertTo-SecureString 'secret-one' -AsPlainText -Force)
New-SendConnector Out -AddressSpaces * -DNSRoutingEnabled $false -SmartHosts h.example.net -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $c | Out-Null
`

// shellScript gives a script to gateway shell and returns its exit status and what it printed.
func shellScript(script string, args ...string) (int, string) {
	var out bytes.Buffer
	code := run(append([]string{"shell"}, args...), strings.NewReader(script), &out, &out)
	return code, out.String()
}

// readText returns the content of a file; "" if it doesn't exist.
func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// TestSavePolicy saves in both forms, with and without passwords.
func TestSavePolicy(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("b.json", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	code, out := shellScript(passwordScript + "Save-Policy a.ps1; Save-Policy a.json; Save-Policy b.json -WithPasswords")
	if code != exitOK || !strings.Contains(out, `a.ps1 has no passwords of "Out"`) || !strings.Contains(out, `a.json has no passwords of "Out"; write them in place of REDACTED`) {
		t.Errorf("exit %d: %s", code, out)
	}
	for file, secret := range map[string]bool{"a.ps1": false, "a.json": false, "b.json": true} {
		if text := readText(t, file); !strings.Contains(text, "Out") || strings.Contains(text, "secret-one") != secret {
			t.Errorf("%s holds the password or doesn't: %s", file, text)
		}
		if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"convert", "b.json", "-to", "json", "-with-passwords"}, strings.NewReader(""), &stdout, &stderr); code != exitOK || stdout.String() != readText(t, "b.json") {
		t.Errorf("convert of b.json: exit %d: %s %s", code, &stdout, &stderr)
	}
	whole := readText(t, "b.json")
	code, out = shellScript("New-RemoteDomain -Name R -DomainName r.example | Out-Null", "b.json", "-output", "./b.json")
	if code != exitInvalid || !strings.Contains(out, "would lose the passwords") || readText(t, "b.json") != whole {
		t.Errorf("the policy's file lost its passwords; exit %d: %s", code, out)
	}
	code, out = shellScript("New-RemoteDomain -Name R -DomainName r.example | Out-Null; Save-Policy -WithPasswords", "b.json", "-output", "b.json")
	if text := readText(t, "b.json"); code != exitOK || out != "" || !strings.Contains(text, "secret-one") || !strings.Contains(text, "r.example") {
		t.Errorf("exit %d: %s; saved %s", code, out, text)
	}
}

// TestSavePolicyRefuses: a script saves nothing outside of its directory, and in no other form.
func TestSavePolicyRefuses(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "here")
	outside := filepath.Join(top, "there.json")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(outside, []byte("kept"), 0o600), os.Symlink(outside, filepath.Join(dir, "link.json")), os.Symlink(top, filepath.Join(dir, "up"))); err != nil {
		t.Skip(err) // Windows has links for administrators only
	}
	t.Chdir(dir)
	for command, want := range map[string]string{
		"Save-Policy ../there.json":            "outside of the current directory",
		"Save-Policy ../new.json":              "outside of the current directory",
		"Save-Policy '" + outside + "'":        "outside of the current directory",
		"Save-Policy link.json":                "outside of the current directory",
		"Save-Policy up/there.json":            "outside of the current directory",
		"Save-Policy up/new.json":              "outside of the current directory",
		"Save-Policy a.txt":                    ".ps1 or as JSON in .json",
		"Save-Policy json":                     ".ps1 or as JSON in .json",
		"Save-Policy a.ps1 -WithPasswords":     "in .json only",
		"Save-Policy":                          "it needs a file",
		"Save-Policy absent/a.json":            "absent",
		"Save-Policy a.json -WithPasswords no": "no parameter left",
	} {
		if code, out := shellScript(command); code != exitNo || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d: %s", command, code, out)
		}
	}
	if readText(t, outside) != "kept" || readText(t, filepath.Join(top, "new.json")) != "" {
		t.Error("a script wrote outside of its directory")
	}
}

// TestOutput saves at the end if all commands succeeded and something changed.
func TestOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	const change = "Set-TransportConfig -MaxReceiveSize 5MB; "
	outside := filepath.Join(t.TempDir(), "out.json")
	for _, tt := range []struct {
		script, file, says string
		code               int
		saved              bool
	}{
		{change, outside, "", exitOK, true},
		{"", "unchanged.ps1", "", exitOK, true},
		{change + "exit 0", "exit.json", "", exitOK, true},
		{change + "exit 3", "exit3.json", "exit3.json is not saved, because a command failed", 3, false},
		{change + "Get-SendConnector none", "failed.json", "failed.json is not saved, because a command failed", exitNo, false},
		{change + "Save-Policy", "named.json", "", exitOK, true},
		{change, "absent/a.json", "absent", exitInvalid, false},
		{change, "a.txt", "-output: a.txt: a policy is saved", exitInvalid, false},
	} {
		code, out := shellScript(tt.script, "-output", tt.file)
		if code != tt.code || (readText(t, tt.file) != "") != tt.saved || !strings.Contains(out, tt.says) || tt.says == "" && out != "" {
			t.Errorf("%s -output %s: exit %d: %s", tt.script, tt.file, code, out)
		}
	}
	own := "# mine\n" + change
	if err := os.WriteFile("own.ps1", []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := shellScript("Get-TransportConfig | Out-Null", "own.ps1", "-output", "./own.ps1"); code != exitOK || readText(t, "own.ps1") != own {
		t.Errorf("an unchanged script was replaced; exit %d: %s", code, out)
	}
	code, out := shellScript("Set-TransportConfig -MaxReceiveSize 6MB", "own.ps1")
	if code != exitOK || !strings.Contains(out, "the changes are not saved") || readText(t, "own.ps1") != own {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestMayLeave asks at the end of an interactive session if changes aren't saved.
func TestMayLeave(t *testing.T) {
	t.Chdir(t.TempDir())
	aborted := errors.New("aborted")
	const change = "Set-ReceiveConnector 'Default Frontend localhost' -Comment new"
	for _, tt := range []struct {
		name, script, output string
		failed               bool
		answer               string
		err                  error
		asks, leaves         bool
	}{
		{name: "unchanged", script: "Get-ReceiveConnector", leaves: true},
		{name: "no answer", script: change, asks: true},
		{name: "no", script: change, answer: "no", asks: true},
		{name: "yes", script: change, answer: " Y ", asks: true, leaves: true},
		{name: "end of input", script: change, err: io.EOF, asks: true, leaves: true},
		{name: "interrupt key", script: change, err: aborted, asks: true},
		{name: "changed back", script: change + "; Set-ReceiveConnector 'Default Frontend localhost' -Comment ''", leaves: true},
		{name: "saved", script: change + "; Save-Policy a.ps1", leaves: true},
		{name: "changed after it was saved", script: change + "; Save-Policy b.ps1; " + change + "er", asks: true},
		{name: "-output", script: change, output: "c.json", leaves: true},
		{name: "-output that fails", script: change, output: "absent/c.json", asks: true},
		{name: "-output after a failure", script: change, output: "d.json", failed: true, asks: true},
	} {
		s := &session{cli: &cli{stdout: io.Discard, stderr: io.Discard}, interactive: true, policySaver: policySaver{output: tt.output, failed: tt.failed}}
		s.in = shell.New(shell.Options{Save: s.save})
		s.begin()
		if err := s.in.Run(t.Context(), "t.ps1", []byte(tt.script)); err != nil {
			t.Fatal(err)
		}
		asked := ""
		leaves := s.mayLeave(func(prompt string) (string, error) {
			asked += prompt
			return tt.answer, tt.err
		})
		if leaves != tt.leaves || (asked == "not saved, leave? [y/N] ") != tt.asks {
			t.Errorf("%s: asked %q, leaves %v", tt.name, asked, leaves)
		}
	}
	if readText(t, "c.json") == "" || readText(t, "d.json") != "" {
		t.Error("c.json must be saved, d.json must not")
	}
}
