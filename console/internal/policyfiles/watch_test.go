package policyfiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/analysis"
)

// TestImports notices changes of files that the script reads, those with mistakes and absent ones too.
func TestImports(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", "Import-Csv lists\\domains.csv | ForEach-Object { New-AcceptedDomain -Name $_.Name -DomainName $_.Name }\n")
	if v := x.current(); len(v.Mistakes) != 1 {
		t.Errorf("%v", v.Mistakes)
	}
	if err := os.Mkdir(filepath.Join(x.dir, "lists"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"Name\na.example\n", "a.example"}, {"Name\nb.example\n", "b.example"}, {"Name\n-\n", ""}, {"Name\nc.example\n", "c.example"},
	} {
		x.put("lists/domains.csv", tt.text)
		switch v := x.current(); {
		case tt.want == "" && len(v.Mistakes) == 0, tt.want != "" && (len(v.Mistakes) > 0 || v.Config.Accepted[0].DomainName != tt.want):
			t.Errorf("%q: %v %+v", tt.text, v.Mistakes, v.Config.Accepted)
		case v != x.current():
			t.Errorf("%q is read again without a change", tt.text)
		}
	}
}

// TestPasswordPlaces: a relative name of a file with a password begins beside the script, in the trial and in
// the file. Trials don't make the version depend on files that they read.
func TestPasswordPlaces(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	x.put("hub.secret", "secret1\n")
	send := strings.Replace(sendChange.Commands, "Get-Credential", "Get-Credential hub -PasswordFrom @{File = 'hub.secret'}", 1)
	trial := x.try(Change{Commands: send})
	if at, ok := trial.After.Places.Find(`Send["Out"]`); !ok || at.File != Script || at.Line != 2 || !strings.HasSuffix(trial.After.Files[1], Script) {
		t.Errorf("the connector is at %v", at)
	}
	version := x.current()
	if len(version.seen.files) != 1 {
		t.Error("a trial changes which files are watched")
	}
	x.put("hub.secret", "secret2\n")
	if x.current() != version {
		t.Error("a file that only a trial read makes another version")
	}
	x.apply(x.try(Change{Commands: send}), "anna")
	if s := x.current().Config.Send[0].AuthenticationCredential; s.Password.Reveal() != "secret2" {
		t.Error("another password is set")
	}
	bad, err := x.current().Try(t.Context(), Change{Commands: "\n" + strings.ReplaceAll(strings.ReplaceAll(send, "hub.secret", "absent"), " Out ", " Other ")})
	if err != nil || len(bad.Mistakes) != 1 || bad.Mistakes[0].File != Script || bad.Mistakes[0].Line != 3 {
		t.Errorf("%v %v", err, bad.Mistakes)
	}
}

// TestChanges: comments and passwords count as changes, and commands that only look don't.
func TestChanges(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	for commands, want := range map[string]bool{"Get-ReceiveConnector": false, commented: true, secured: true, "nonsense": false} {
		trial, err := x.current().Try(t.Context(), Change{Commands: commands})
		if err != nil || trial.Changes() != want {
			t.Errorf("%s: %v, want %v; %v", commands, trial.Changes(), want, err)
		}
	}
}

// TestFindingsAge computes findings again after an hour, because certificates expire.
func TestFindingsAge(t *testing.T) {
	asked, clock := 0, now
	x := newFixture(t, Options{Findings: func() analysis.Options { asked++; return analysis.Options{Now: clock} }}, "relay.ps1", basePolicy)
	x.opts.Now = func() time.Time { return clock }
	for _, want := range []int{1, 1, 2} {
		if _, err := x.current().Findings(t.Context()); err != nil || asked != want || !x.current().Ready() {
			t.Errorf("asked for the facts %d times, want %d; %v", asked, want, err)
		}
		clock = clock.Add(40 * time.Minute)
	}
}
