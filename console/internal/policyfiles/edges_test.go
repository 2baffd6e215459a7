package policyfiles

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// TestWhereNothingCanBeWritten: changes can be tried, and Apply says what to do.
func TestWhereNothingCanBeWritten(t *testing.T) {
	for _, tt := range []struct {
		files []string
		want  string
	}{
		{nil, "the policy isn't read from files"},
		{[]string{"relay.ps1", basePolicy, "more.json", "{}"}, "more.json: changes are appended to a script, and this isn't one; add an empty .ps1 file as the last -config"},
	} {
		x := newFixture(t, Options{}, tt.files...)
		_, err := x.Apply(t.Context(), x.try(Change{Commands: "Get-ReceiveConnector"}), "anna")
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrReadOnly) != (tt.files == nil) {
			t.Errorf("%q: %v", tt.files, err)
		}
		if entries := x.entries(); len(entries) > 0 {
			t.Error(entries)
		}
	}
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	_, err := x.Apply(t.Context(), x.try(sendChange), "anna")
	if err == nil || !strings.Contains(err.Error(), "there is no file for it") || x.text("relay.ps1") != basePolicy {
		t.Errorf("without a credentials file: %v", err)
	}
}

// TestEncodings appends to scripts as Windows writes them.
func TestEncodings(t *testing.T) {
	wide := func(order binary.AppendByteOrder, text string) string {
		return string(encoding{order: order}.encode("\uFEFF" + text))
	}
	windows := strings.ReplaceAll(basePolicy, "\n", "\r\n")
	for name, base := range map[string]string{
		"UTF-8": "\uFEFF" + windows, "UTF-16": wide(binary.LittleEndian, windows), "big-endian UTF-16": wide(binary.BigEndian, basePolicy),
	} {
		x := newFixture(t, Options{}, "relay.ps1", base)
		x.apply(x.try(Change{Title: "Grüße", Commands: "Set-ReceiveConnector Printers -Comment @'\nzwei\nZeilen\n'@"}), "anna")
		if !strings.HasPrefix(x.text("relay.ps1"), base) {
			t.Errorf("%s: the text before has changed", name)
		}
		want := "zwei\nZeilen"
		if strings.Contains(base, "\r\x00\n") || strings.Contains(base, "\r\n") {
			want = "zwei\r\nZeilen"
		}
		if got := x.current().Config.Receive; got[len(got)-1].Comment != want {
			t.Errorf("%s: %q", name, got[len(got)-1].Comment)
		}
	}
}

// TestOtherwiseInTheFile: commands that would do something else at the end of the file than in the trial aren't
// appended.
func TestOtherwiseInTheFile(t *testing.T) {
	for _, tt := range []struct{ base, commands, want string }{
		{basePolicy + "exit", secured, "because exit or return ends the script before"},
		{basePolicy + "return", commented, "because exit or return ends the script before"},
		{basePolicy, commented + "\nreturn", "because exit or return ends the script before"},
		{"$text = 'other'\n" + basePolicy, "Set-ReceiveConnector Printers -Comment \"$text\"", "the commands do something else"},
		{basePolicy + "function Set-ReceiveConnector { Write-Host nothing }", commented, "the commands"},
		{"$out = Get-Credential\n" + basePolicy + "New-SendConnector Old -AddressSpaces old.example -SmartHosts smtp.example -DNSRoutingEnabled $false -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $out",
			sendChange.Commands, "the commands do something else"},
	} {
		x := newFixture(t, Options{Load: load.Options{Credentials: "credentials"}}, "relay.ps1", tt.base)
		x.put("credentials", oldCredentials)
		c := sendChange
		c.Commands = tt.commands
		_, err := x.Apply(t.Context(), x.try(c), "anna")
		if err == nil || !strings.Contains(err.Error(), tt.want) || x.text("relay.ps1") != tt.base || x.text("credentials") != oldCredentials {
			t.Errorf("%q: %v", tt.commands, err)
		}
	}
}

// TestHostileCommands: commands of a console see no files and no passwords, print little, and end.
func TestHostileCommands(t *testing.T) {
	x := newFixture(t, Options{Load: load.Options{Credentials: "credentials", Shell: shell.Options{Limits: shell.Limits{Steps: 500_000}}, Environ: []string{"INTERCHANGE_CREDENTIAL_x=a:secret3", "HIDDEN=secret4"}}}, "relay.ps1", basePolicy)
	x.put("credentials", oldCredentials)
	x.opts.Load.Shell.FS = &load.Directory{Path: x.dir, Write: true}
	for _, commands := range []string{
		"Get-Content credentials", "Get-ReceiveConnector | Export-Csv list.csv", "Import-Csv credentials", "Save-Policy x.json",
		"Get-Queue", "$p = ConvertTo-SecureString 'x' -AsPlainText -Force", "exit", "exit 3", "while ($true) { }", "'x", "Set-ReceiveConnector Printers -RemoteIPRanges nothing",
	} {
		trial, err := x.current().Try(t.Context(), Change{Commands: commands})
		if err != nil || trial.After != nil || len(trial.Mistakes) == 0 {
			t.Errorf("%s: %v %+v", commands, err, trial)
			continue
		}
		if _, err := x.Apply(t.Context(), trial, "anna"); err == nil {
			t.Errorf("%s is applied", commands)
		}
	}
	trial := x.try(Change{Commands: "$out = Get-Credential; $out | fl *; \"$($out.Password)\"; $env:HIDDEN; $env:INTERCHANGE_CREDENTIAL_x; 1..20000 | % { 'much é' * 10 }"})
	if len(trial.Output) > maxOutput+100 || !strings.HasSuffix(trial.Output, "\n… (the rest is left out)\n") || strings.Contains(trial.Output, "secret") {
		t.Errorf("it prints %d bytes", len(trial.Output))
	}
	if _, err := x.current().Try(t.Context(), Change{Commands: strings.Repeat("\n", maxCommands+1)}); err == nil {
		t.Error("takes any length")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.current().Try(ctx, Change{Commands: "while ($true) { }"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(x.dir, "*")); len(files) > 3 {
		t.Errorf("files are %q", files)
	}
}

// TestCurrent notices every change of a file, and keeps the last policy without mistakes.
func TestCurrent(t *testing.T) {
	x := newFixture(t, Options{Load: load.Options{Credentials: "credentials"}}, "relay.ps1", basePolicy)
	first := x.current()
	if x.current() != first {
		t.Error("reads again without a change")
	}
	x.put("relay.ps1", strings.Replace(basePolicy, "10.0.0.5", "10.0.0.6", 1)) // in the same second, with the same size
	second := x.current()
	if second == first || second.ID == first.ID || x.Version(first.ID) != first {
		t.Error("a change isn't noticed")
	}
	later := now.AddDate(1, 0, 0)
	if err := os.Chtimes(x.target.name, later, later); err != nil {
		t.Fatal(err)
	}
	if x.current() != second {
		t.Error("reads again although the content is the same")
	}
	x.put("credentials", oldCredentials)
	if v := x.current(); v == second || v.Loaded.Fingerprint() != second.Loaded.Fingerprint() {
		t.Error("other credentials aren't noticed")
	}
	x.put("relay.ps1", "Set-ReceiveConnector None -Comment x\n")
	v := x.current()
	if len(v.Mistakes) != 1 || v.Loaded == nil || v.Loaded.Fingerprint() != second.Loaded.Fingerprint() {
		t.Errorf("%v", v.Mistakes)
	}
	if _, err := v.Try(t.Context(), Change{}); err == nil {
		t.Error("tries commands on mistakes")
	}
	if err := os.Remove(x.target.name); err != nil {
		t.Fatal(err)
	}
	if v := x.current(); len(v.Mistakes) != 1 || !errors.Is(v.Mistakes, os.ErrNotExist) {
		t.Errorf("%v", v.Mistakes)
	}
	x.put("relay.ps1", basePolicy)
	if v := x.current(); len(v.Mistakes) > 0 {
		t.Errorf("%v", v.Mistakes)
	}
	if _, err := Open(Options{Load: load.Options{ReadFile: os.ReadFile}}); err == nil {
		t.Error("writes files elsewhere than it reads them")
	}
}

// TestNoPolicyYet: files that never were without mistakes have no policy, and no findings.
func TestNoPolicyYet(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", "Set-ReceiveConnector None\n")
	v := x.current()
	if found, err := v.Findings(t.Context()); err != nil || found != nil || v.Loaded != nil || len(v.Mistakes) == 0 {
		t.Errorf("%v %v %+v", found, err, v)
	}
}

// TestFindings: the trial says which findings come and go.
func TestFindings(t *testing.T) {
	const relay = "Get-ReceiveConnector Printers | Add-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient\nSet-ReceiveConnector Printers -RemoteIPRanges 0.0.0.0-255.255.255.255"
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	count := func(trial *Trial) (added, gone int) {
		t.Helper()
		a, g, err := trial.Findings(t.Context())
		if err != nil || !trial.Before.Ready() {
			t.Fatal(err)
		}
		for _, f := range a {
			if f.Code == "open-relay" {
				added++
			}
		}
		for _, f := range g {
			if f.Code == "open-relay" {
				gone++
			}
		}
		return added, gone
	}
	trial := x.try(Change{Commands: relay})
	if added, gone := count(trial); added != 1 || gone != 0 {
		t.Errorf("%d open relays come, %d go", added, gone)
	}
	x.apply(trial, "anna")
	undo, err := x.TryUndo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if added, gone := count(undo); added != 0 || gone != 1 {
		t.Errorf("undone, %d open relays come, %d go", added, gone)
	}
	_, failed := undo.Comparison(t.Context())
	unproved, err := undo.Unproved(t.Context())
	if failed != nil || err != nil || len(unproved) > 0 || !undo.Ready() {
		t.Errorf("%v, %v, %v", failed, err, unproved)
	}
}

// TestManyAdministrators: processes and users change and read at the same time. Each change is in the file once, or
// was refused.
func TestManyAdministrators(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	x.opts.Reload = nil
	other, err := Open(x.opts) // as another process
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 8 {
		files := []*Files{x.Files, other}[i%2]
		wait.Go(func() {
			for applied := 0; applied < 3; {
				v, err := files.Current(t.Context())
				if err != nil || len(v.Mistakes) > 0 {
					t.Error(err, v)
					return
				}
				trial, err := v.Try(t.Context(), Change{Title: fmt.Sprintf("of %d", i), Commands: fmt.Sprintf("New-AcceptedDomain -Name d%d-%d -DomainName d%d-%d.example", i, applied, i, applied)})
				if err != nil || len(trial.Mistakes) > 0 {
					t.Error(err, trial)
					return
				}
				var conflict *ConflictError
				switch _, err := files.Apply(t.Context(), trial, "user"); {
				case err == nil:
					applied++
				case !errors.As(err, &conflict):
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if n := len(x.current().Config.Accepted); n != 1+24 || len(x.entries()) != 24 {
		t.Errorf("%d domains, %d entries", n, len(x.entries()))
	}
}

// TestPrune keeps the last changes.
func TestPrune(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	if err := os.Mkdir(x.opts.Versions, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range maxEntries + 1 {
		for _, ext := range []string{".json", ".ps1", ".credentials"} {
			x.put(fmt.Sprintf("relay.ps1.versions/%06d%s", i+1, ext), "{}")
		}
	}
	x.apply(x.try(Change{Commands: commented}), "anna")
	entries := x.entries()
	if len(entries) != maxEntries || entries[0].Number != maxEntries+2 || entries[maxEntries-1].Number != 3 {
		t.Errorf("%d entries", len(entries))
	}
	if left, _ := filepath.Glob(filepath.Join(x.opts.Versions, "00000[12].*")); len(left) > 0 {
		t.Errorf("old versions stay: %q", left)
	}
}

// TestRecent bounds the versions in memory.
func TestRecent(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", "")
	for i := range 2 * maxRecent {
		x.put("relay.ps1", fmt.Sprintf("# %d\n", i))
		x.current()
	}
	if len(x.recent) != maxRecent || x.recent[0] != x.current() {
		t.Errorf("%d versions are kept", len(x.recent))
	}
	for i := range 4 {
		x.put("relay.ps1", fmt.Sprintf("# %d\n%s", i, strings.Repeat("\n", maxRecentText/2)))
		x.current()
	}
	if len(x.recent) != 2 {
		t.Errorf("%d large versions are kept", len(x.recent))
	}
}

// TestIDsTellNothing: another process has other IDs for the same files.
func TestIDsTellNothing(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	other, err := Open(x.opts)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := other.Current(t.Context()); err != nil || v.ID == x.current().ID {
		t.Errorf("%v", err)
	}
}

// TestDocument rewrites a JSON document and keeps its passwords and their places.
func TestDocument(t *testing.T) {
	x := newFixture(t, Options{Load: load.Options{Server: "localhost", FQDN: "machine.contoso.com"}}, "relay.json", `{"Send": [
		{"Name": "A", "AddressSpaces": ["a.example"], "SmartHosts": ["smtp.example"], "SmartHostAuthMechanism": "BasicAuth, BasicAuthRequireTLS", "AuthenticationCredential": {"UserName": "u", "Password": "secret1"}},
		{"Name": "B", "AddressSpaces": ["b.example"], "SmartHosts": ["smtp.example"], "SmartHostAuthMechanism": "BasicAuth, BasicAuthRequireTLS", "AuthenticationCredential": {"UserName": "u", "PasswordFrom": {"File": "b.secret"}}}]}`)
	x.put("b.secret", "secret2\n")
	if err := os.Chmod(x.target.name, 0o644); err != nil {
		t.Fatal(err)
	}
	x.apply(x.try(Change{Title: "C", Commands: "$c = Get-Credential; Set-SendConnector A -MaxMessageSize 5MB; New-SendConnector C -AddressSpaces c.example -SmartHosts smtp.example -DNSRoutingEnabled $false -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $c",
		Credentials: map[string]param.Credential{"c": {UserName: "u", Password: "secret3"}}}), "anna")
	text := x.text("relay.json")
	for _, part := range []string{`"secret1"`, `"b.secret"`, `"secret3"`, `"5MB"`} {
		if strings.Count(text, part) != 1 {
			t.Errorf("%s isn't there once:\n%s", part, text)
		}
	}
	if info, err := os.Stat(x.target.name); err != nil || info.Mode().Perm() != 0o640 || strings.Contains(text, "secret2") || strings.Contains(text, "machine") {
		t.Errorf("%v %v\n%s", info, err, text)
	}
	x.put("b.secret", "secret4\n")
	if s := x.current().Config.Send[1].AuthenticationCredential; s.Password.Reveal() != "secret4" {
		t.Error("another password of a place isn't noticed")
	}
	undo, err := x.TryUndo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x.apply(undo, "bob")
	if got := x.text("relay.json"); strings.Contains(got, "secret3") || !strings.Contains(got, "\t\t{") {
		t.Errorf("%s", got)
	}
}

// TestMentions: a variable is looked for in all files, that of the credentials included.
func TestMentions(t *testing.T) {
	x := newFixture(t, Options{Names: []string{"policy.ps1"}, Load: load.Options{Credentials: "credentials"}},
		"policy.ps1", basePolicy+"$credOld = 'x'\n", "credentials", "credOther=hub:secret\n")
	v, err := x.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]bool{"CREDOLD": true, "credother": true, "credNew": false} {
		if v.Mentions(variable) != want {
			t.Errorf("%s: %v", variable, !want)
		}
	}
}

// TestPostfix appends to an empty script after the configuration of Postfix, which is watched.
func TestPostfix(t *testing.T) {
	x := newFixture(t, Options{}, "main.cf", "mydestination = contoso.com\nmynetworks = 10.0.0.0/8\n", "relay.ps1", "")
	x.apply(x.try(Change{Commands: "Get-ReceiveConnector | Set-ReceiveConnector -MaxMessageSize 5MB"}), "anna")
	if !strings.Contains(x.text("relay.ps1"), "5MB") || x.text("relay.ps1.versions/000001.ps1") != "" {
		t.Errorf("%q", x.text("relay.ps1"))
	}
	before := x.current()
	x.put("main.cf", "mydestination = fabrikam.com\nmynetworks = 10.0.0.0/8\n")
	if v := x.current(); v == before || v.Config.Accepted[0].DomainName != "fabrikam.com" {
		t.Errorf("%v", v.Mistakes)
	}
}

// FuzzComment: the words of a user, whatever they are, are one comment that does nothing, after the text before.
func FuzzComment(f *testing.F) {
	f.Add("anna", "title")
	f.Add("a\r\nExit", "#>\u2028<#\x85")
	f.Add("`\n", "\xff\u202e'@"+strings.Repeat("é", maxWords))
	f.Fuzz(func(t *testing.T, by, title string) {
		const before = "<# text #>"
		got := string(appended([]byte(before), now, by, title, "\n"))
		want := before + "\n\n# 2026-11-30 09:00 +00:00, " + harmless(by) + ": " + harmless(title) + "\n\n"
		if got != want || strings.Count(got, "\n") != 4 || strings.Count(got, "#>") != 1 || len([]rune(got)) > 2*maxWords+50 || strings.ContainsFunc(harmless(by+title), unicode.IsControl) {
			t.Errorf("%q, %q: %q", by, title, got)
		}
		if err := shell.New(shell.Options{Bare: true, Out: failing{t}}).Run(t.Context(), "s.ps1", []byte(got)); err != nil {
			t.Errorf("%q: %v", got, err)
		}
	})
}

// failing is output of a script that must print nothing.
type failing struct{ t *testing.T }

func (f failing) Write(p []byte) (int, error) {
	f.t.Errorf("it prints %q", p)
	return len(p), nil
}
