package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// assertFile writes a document with one assertion.
func assertFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte("{\"Transport\": {\"Assertions\": [\n\""+text+"\"]}}"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAssertions: check reports an assertion that isn't proved with its line and a session, and exits with 2, because serve refuses
// the policy. One that is true is silent.
func TestAssertions(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.json")
	for _, tt := range []struct {
		text string
		code int
		want []string
	}{
		{"-remote 192.168.5.77 -as anonymous always served", exitOK, nil},
		{"-remote 192.168.5.77 -as anonymous never relays", exitInvalid, []string{"error: " + rules + ":2: Transport.Assertions[0]: ", "is false: a session relays", "for example 192.168.5.77 to 10.2.3.4:25", "(assertion-false)"}},
		{"-connector Absent never relays", exitInvalid, []string{rules + ":2: ", "(assertion-undecided)"}},
		{"-to contoso.com never eats", exitInvalid, []string{rules + ":2: ", `\"eats\" is not a property`, "(assertion-invalid)"}},
	} {
		assertFile(t, rules, tt.text)
		for _, command := range []string{"check", "serve"} {
			if command == "serve" && tt.code == exitOK {
				continue // it would serve
			}
			var out bytes.Buffer
			code := run([]string{command, "-config", "testdata/relay.json", "-config", rules}, strings.NewReader(""), &out, &out)
			if code != tt.code {
				t.Errorf("%s of %s: exit %d, want %d\n%s", command, tt.text, code, tt.code, &out)
			}
			for _, want := range tt.want {
				if want = strings.ReplaceAll(want, `\"`, `"`); command == "serve" {
					want = strings.TrimPrefix(want, "error: ")
				}
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s of %s doesn't say %q:\n%s", command, tt.text, want, &out)
				}
			}
		}
	}
}

// TestReloadAssertions: a gateway refuses a policy with a false assertion and serves the previous one, and takes it when the assertion is
// true.
func TestReloadAssertions(t *testing.T) {
	site := newSite(t)
	rules := site.file("rules.json")
	assertFile(t, rules, "-to fabrikam.com -as anonymous -remote 127.0.0.1 always let-in")
	s := startServing(t, site.flags("-config", rules)...)
	site.policy("contoso.com", site.binding)
	site.certificate("second.fabrikam.com")
	site.password("second")
	s.hangup <- syscall.SIGHUP
	said := s.stderr.wait(t, "reload failed", 1)
	for _, want := range []string{rules + ":2: Transport.Assertions[0]", "for example 127.0.0.1 to " + site.binding, "assertion-false", "errors=1"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s doesn't say %s", said, want)
		}
	}
	site.sees(site.session(site.binding), "first.fabrikam.com", "first", "second", "fabrikam.com", "contoso.com")
	assertFile(t, rules, "-to contoso.com -as anonymous -remote 127.0.0.1 always let-in")
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 1)
	site.sees(site.session(site.binding), "second.fabrikam.com", "second", "first", "contoso.com", "fabrikam.com")
	s.end(t)
}
