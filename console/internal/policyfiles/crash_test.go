package policyfiles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
)

var errDiskFull = errors.New("no space left on device")

// sendChange sets a password, so that it writes every kind of file.
var sendChange = Change{
	Title: "out", Commands: "$out = Get-Credential\nNew-SendConnector Out -AddressSpaces * -SmartHosts smtp.example -DNSRoutingEnabled $false -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $out",
	Credentials: map[string]param.Credential{"out": {UserName: "hub", Password: "secret2"}},
}

const oldCredentials = "out=hub:secret1\nother=a:b\n"

// TestWriteFails lets each write fail in turn: nothing has changed afterwards, and the same change can then be
// applied.
func TestWriteFails(t *testing.T) {
	for n := range 10 {
		x := newFixture(t, Options{Load: load.Options{Credentials: "credentials"}}, "relay.ps1", basePolicy)
		x.put("credentials", oldCredentials)
		trial := x.try(sendChange)
		writes := 0
		x.write = func(name string, text []byte) error {
			if writes++; writes == n+1 {
				return errDiskFull
			}
			return x.replaceFile(name, text)
		}
		_, err := x.Apply(t.Context(), trial, "anna")
		if writes <= n {
			if n != 5 || err != nil {
				t.Errorf("there are %d writes: %v", n, err)
			}
			return
		}
		if !errors.Is(err, errDiskFull) || x.text("relay.ps1") != basePolicy || x.text("credentials") != oldCredentials || len(x.entries()) != 0 || x.reloads != 0 {
			t.Errorf("write %d: %v; the policy is %q, the credentials %q, entries %v", n, err, x.text("relay.ps1"), x.text("credentials"), x.entries())
		}
		if files, _ := filepath.Glob(filepath.Join(x.opts.Versions, "0*")); len(files) > 0 {
			t.Errorf("write %d leaves %q", n, files)
		}
		x.apply(trial, "anna")
	}
	t.Error("there is no end of writes")
}

// crash is the end of a process.
type crash struct{}

// TestCrash ends the process before and after each write. The policy that the next process reads is the old
// or the new one, its entries fit to that, and it can change and undo.
func TestCrash(t *testing.T) {
	for n := range 10 {
		x := newFixture(t, Options{Load: load.Options{Credentials: "credentials"}}, "relay.ps1", basePolicy)
		x.put("credentials", oldCredentials)
		trial := x.try(sendChange)
		old := trial.Before.Loaded.Fingerprint()
		writes := 0
		step := func() {
			if writes == n {
				panic(crash{})
			}
			writes++
		}
		x.write = func(name string, text []byte) error {
			step()
			defer step()
			return x.replaceFile(name, text)
		}
		func() {
			defer func() {
				if r := recover(); r != nil && r != (crash{}) {
					panic(r)
				}
			}()
			x.apply(trial, "anna")
		}()
		next, err := Open(x.opts)
		if err != nil {
			t.Fatal(err)
		}
		x.Files = next
		v := x.current()
		if len(v.Mistakes) > 0 {
			t.Fatalf("step %d: %v", n, v.Mistakes)
		}
		got, entries := v.Loaded.Fingerprint(), x.entries()
		isOld, isNew := got == old && len(entries) == 0, got == trial.After.Fingerprint() && len(entries) == 1
		if !isOld && !isNew {
			t.Errorf("step %d: the policy is %s, entries are %+v", n, got, entries)
		}
		if isOld {
			x.apply(x.try(sendChange), "bob")
		}
		undo, err := x.TryUndo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x.apply(undo, "bob")
		if x.text("relay.ps1") != basePolicy || len(x.entries()) != 2 {
			t.Errorf("step %d: after an undo the policy is %q, entries are %+v", n, x.text("relay.ps1"), x.entries())
		}
	}
}

// TestRefused: a gateway that refuses the change gets the old files again.
func TestRefused(t *testing.T) {
	for _, old := range []string{"absent", oldCredentials} {
		x := newFixture(t, Options{Load: load.Options{Credentials: "credentials"}}, "relay.ps1", basePolicy)
		if old != "absent" {
			x.put("credentials", old)
		}
		trial := x.try(sendChange)
		x.refuse = errors.New("the certificate doesn't fit")
		_, err := x.Apply(t.Context(), trial, "anna")
		if !errors.Is(err, x.refuse) || !strings.Contains(err.Error(), "the gateway refuses the change: ") {
			t.Error(err)
		}
		if x.text("relay.ps1") != basePolicy || x.text("credentials") != old || len(x.entries()) > 0 || x.reloads != 2 {
			t.Errorf("the policy is %q, the credentials %q, entries %v, %d reloads", x.text("relay.ps1"), x.text("credentials"), x.entries(), x.reloads)
		}
		x.refuse = nil
		x.apply(trial, "anna")
	}
}

// TestStuck: if the old text can't be put back, it stays among the versions, and the error says where.
func TestStuck(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	trial := x.try(Change{Commands: secured})
	x.refuse = errors.New("refused")
	writes := 0
	x.write = func(name string, text []byte) error {
		if name == x.target.name {
			if writes++; writes == 2 {
				return errDiskFull
			}
		}
		return x.replaceFile(name, text)
	}
	_, err := x.Apply(t.Context(), trial, "anna")
	kept := x.stored(1, ".ps1")
	if !errors.Is(err, errDiskFull) || !errors.Is(err, x.refuse) || !strings.HasSuffix(err.Error(), "the text before is in "+kept) {
		t.Error(err)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != basePolicy {
		t.Errorf("%q %v", text, err)
	}
}

// TestNoPlaceForVersions: nothing is written where no earlier version can be kept.
func TestNoPlaceForVersions(t *testing.T) {
	x := newFixture(t, Options{}, "relay.ps1", basePolicy)
	x.put("relay.ps1.versions", "a file")
	if _, err := x.Apply(t.Context(), x.try(Change{Commands: secured}), "anna"); err == nil || !strings.Contains(err.Error(), "no earlier version of ") {
		t.Error(err)
	}
	if x.text("relay.ps1") != basePolicy {
		t.Error("the policy has changed")
	}
}
