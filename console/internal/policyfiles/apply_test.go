package policyfiles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
)

const (
	secured   = "Set-ReceiveConnector Printers -RequireTLS $true -AuthMechanism Tls"
	commented = "Set-ReceiveConnector Printers -Comment changed"
)

func TestApply(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", strings.TrimSuffix(basePolicy, "\n"))
	trial := x.try(Change{Title: "TLS\n#> for\x00 printers", Commands: secured + "\r\n"})
	e := x.apply(trial, "CONTOSO\\anna\u202e")
	want := basePolicy + "\n# 2026-11-30 09:00 +00:00, CONTOSO\\anna: TLS # > for printers\n" + secured + "\n"
	if got := x.text("relay.ps1"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	v := x.current()
	if got := v.Loaded.Fingerprint(); got != e.After || got != trial.After.Fingerprint() || e.Before == e.After || v == trial.Before {
		t.Errorf("the policy is %s, the entry %+v", got, e)
	}
	if entries := x.entries(); len(entries) != 1 || entries[0] != *e || e.Number != 1 || x.reloads != 1 {
		t.Errorf("%+v, want %+v; %d reloads", entries, e, x.reloads)
	}
	if got := x.text("relay.ps1.versions/000001.ps1") + "\n"; got != basePolicy {
		t.Errorf("kept is %q", got)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "000001.ps1": 0o600, "000001.json": 0o600, "lock": 0o600} {
		info, err := os.Stat(filepath.Join(x.dir, "relay.ps1.versions", name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

// TestUndo undoes a change, and then the undo.
func TestUndo(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	if _, err := x.TryUndo(t.Context()); err == nil {
		t.Error("undid nothing")
	}
	x.apply(x.try(Change{Title: "TLS", Commands: secured}), "anna")
	changed := x.text("relay.ps1")
	for i, want := range []string{basePolicy, changed} {
		trial, err := x.TryUndo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c, err := trial.Comparison(t.Context()); err != nil || c.Same() {
			t.Errorf("nothing would change: %v", err)
		}
		e := x.apply(trial, "bob")
		if got := x.text("relay.ps1"); got != want || e.Undoes != i+1 || len(x.entries()) != i+2 {
			t.Errorf("%q, want %q; %+v", got, want, e)
		}
	}
	x.put("relay.ps1", changed+"# edited\n")
	if _, err := x.TryUndo(t.Context()); err == nil || !strings.Contains(err.Error(), "relay.ps1 was edited after the last change of the console") {
		t.Errorf("an edit would be lost: %v", err)
	}
}

// TestConflict: of two changes that were tried on one version, the second is refused, and so is one after
// which the file was edited.
func TestConflict(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	first, second := x.try(Change{Title: "one", Commands: secured}), x.try(Change{Title: "two", Commands: commented})
	x.apply(first, "anna")
	text := x.text("relay.ps1")
	_, err := x.Apply(t.Context(), second, "bob")
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Base != second.Before || conflict.Now != x.current() || x.Version(conflict.Base.ID) != conflict.Base {
		t.Errorf("%v", err)
	}
	if got := x.text("relay.ps1"); got != text || x.reloads != 1 || len(x.entries()) != 1 {
		t.Errorf("a refused change wrote %q", got)
	}
	third := x.try(second.Change)
	x.put("relay.ps1", strings.Replace(text, "10.0.0.5", "10.0.0.6", 1))
	if _, err := x.Apply(t.Context(), third, "bob"); !errors.As(err, &conflict) {
		t.Errorf("after an edit: %v", err)
	}
	x.apply(x.try(second.Change), "bob")
	if got := x.text("relay.ps1"); !strings.Contains(got, "10.0.0.6") || !strings.Contains(got, secured) || !strings.HasSuffix(got, commented+"\n") {
		t.Errorf("something is lost: %q", got)
	}
}

// TestCredentials sets a password, changes it, and undoes both.
func TestCredentials(t *testing.T) {
	const send = "$out = Get-Credential\nNew-SendConnector Out -AddressSpaces * -SmartHosts smtp.example -DNSRoutingEnabled $false -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $out"
	x := newFixture(t, Options{Load: load.Options{Credentials: "credentials"}}, "relay.ps1", basePolicy)
	with := func(title, commands, password string) {
		t.Helper()
		x.apply(x.try(Change{Title: title, Commands: commands, Credentials: map[string]param.Credential{"Out": {UserName: "hub", Password: auth.Secret("of:hub" + password)}}}), "anna")
		if s := x.current().Config.Send[0].AuthenticationCredential; s.Password.Reveal() != "of:hub"+password {
			t.Errorf("%s: another password is set", title)
		}
	}
	with("made", send, "1")
	x.put("credentials", "# ours\n"+x.text("credentials")+"other=a:b\n")
	with("changed", "$out = Get-Credential\nSet-SendConnector Out -AuthenticationCredential $out", "2")
	if got := x.text("credentials"); got != "# ours\nout=hub:of:hub2\nother=a:b\n" {
		t.Errorf("%q", got)
	}
	for _, e := range x.entries() {
		if strings.Contains(e.Commands, "of:hub") {
			t.Errorf("a password is in %+v", e)
		}
	}
	undo, err := x.TryUndo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x.apply(undo, "bob")
	if got := x.text("credentials"); got != "# ours\nout=hub:of:hub1\nother=a:b\n" {
		t.Errorf("%q", got)
	}
}
