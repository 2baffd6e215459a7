package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// ranAs runs a command, and checks its exit code. It returns what the command printed.
func ranAs(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if got := run(args, strings.NewReader(""), &out, &out); got != code {
		t.Errorf("gateway %s: exit %d, want %d\n%s", strings.Join(args, " "), got, code, &out)
	}
	return out.String()
}

// TestStatus: operators, Nagios and Docker see the state of a gateway, also how its last reload
// ended, and the log has no line about their questions.
func TestStatus(t *testing.T) {
	site := newSite(t)
	data, address := filepath.Join(t.TempDir(), "data"), exampletest.Free(t)
	s := startServing(t, site.flags("-data", data, "-metrics", address)...)
	c := site.session(site.binding)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<kim@elsewhere.example>", 550)
	lines := strings.Count(s.stderr.String(), "\n")

	text := ranAs(t, 0, "status", "-data", data)
	for _, want := range []string{"INTERCHANGE OK - serving; 0 messages waiting\n", "sessions      1, \"Relay\"\n", "refused       1, \"Relay\", relay-denied, last "} {
		if !strings.Contains(text, want) {
			t.Errorf("status lacks %q:\n%s", want, text)
		}
	}
	if text := ranAs(t, 0, "status", "-data", data, "-nagios"); !strings.HasPrefix(text, "INTERCHANGE OK - serving; 0 messages waiting | sessions=1 refused=1 failing=0 waiting=0 ") {
		t.Error(text)
	}
	var status struct {
		Level string
		control.Status
	}
	if err := json.Unmarshal([]byte(ranAs(t, 0, "status", "-data", data, "-json")), &status); err != nil || status.Level != "OK" || status.State != control.Serving || len(status.Certificates) != 1 {
		t.Errorf("%v, %+v", err, status)
	}
	if text := ranAs(t, 1, "status", "-data", data, "-expiry-warning", "30000d"); !strings.Contains(text, `WARNING - serving; the certificate of "Relay" expires in `) {
		t.Error(text)
	}
	ranAs(t, 0, "health", "-data", data)
	ranAs(t, 0, "health", "-metrics", address)
	if got := strings.Count(s.stderr.String(), "\n"); got != lines {
		t.Errorf("questions about the state make lines in the log:\n%s", s.stderr)
	}

	site.write("policy.json", []byte(`{"Receive": [{}]}`))
	if text := ranAs(t, exitInvalid, "reload", "-data", data); !strings.Contains(text, "policy.json:1: Receive[0].Name: ") || !strings.HasSuffix(text, "goes on with the configuration that it had\n") {
		t.Error(text)
	}
	if text := ranAs(t, 1, "status", "-data", data); !strings.Contains(text, "WARNING - serving; the last reload failed") || !strings.Contains(text, "ago: failed: ") {
		t.Error(text)
	}
	for line := range strings.Lines(s.stderr.String()) {
		if strings.Contains(line, `\n`) {
			t.Errorf("a line of the log has several lines in it: %s", line)
		}
	}
	c.Do("QUIT", 221)
	s.end(t)
	ranAs(t, 2, "status", "-data", data)
	ranAs(t, exitNo, "health", "-data", data)
	ranAs(t, exitNo, "health", "-metrics", address)
}

// TestReadyPage: load balancers learn by HTTP whether clients can be served, and what is in the way.
func TestReadyPage(t *testing.T) {
	site, address := newSite(t), exampletest.Free(t)
	ask := func(page string) (int, string) {
		resp, err := http.Get("http://" + address + page)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	s := startServing(t, site.flags("-metrics", address)...)
	for page, want := range map[string]string{"/live": "alive\n", "/ready": "ready\n"} {
		if code, text := ask(page); code != http.StatusOK || text != want {
			t.Errorf("%s: %d, %q", page, code, text)
		}
	}
	site.write("policy.json", []byte(`{"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`))
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 1)
	if code, text := ask("/ready"); code != http.StatusServiceUnavailable || text != "not ready: no binding is open\n" {
		t.Errorf("without Receive connectors: %d, %q", code, text)
	}
	s.end(t)
}

// TestVersion: the version has what support asks for first.
func TestVersion(t *testing.T) {
	if text := ranAs(t, exitOK, "--version"); text != ranAs(t, exitOK, "version") || !strings.HasPrefix(text, "gateway ") {
		t.Error(text)
	}
	got := versionOf(&debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-30T00:00:00Z"}, {Key: "vcs.modified", Value: "true"}},
	})
	if want := "gateway v1.2.3, commit abc of 2026-11-30T00:00:00Z, modified, go"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q…", got, want)
	}
}
