package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// TestServeFindings: serve reports an expired certificate as check does, when it begins,
// when it reloads, and once a day.
func TestServeFindings(t *testing.T) {
	site := newSite(t)
	cert, err := site.ca.IssueExpired("first.fabrikam.com")
	if err != nil {
		t.Fatal(err)
	}
	certificate, key := pemOf(t, cert)
	site.write("cert", certificate)
	site.write("key", key)
	var out bytes.Buffer
	run(append([]string{"check", "-cert", site.file("cert"), "-key", site.file("key")}, site.file("policy.json")), nil, &out, &out)
	_, want, _ := strings.Cut(out.String(), "error: ")
	want, _, _ = strings.Cut(want, " (certificate-expired)")
	if !strings.Contains(want, "expired on") {
		t.Fatalf("check: %s", &out)
	}

	s := startServing(t, site.flags()...)
	s.stderr.wait(t, `level=ERROR msg=policy finding="`+want+`" code=certificate-expired`, 1)
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, want, 2)
	s.daily <- time.Now()
	s.stderr.wait(t, want, 3)
	s.end(t)
	if n := strings.Count(s.stderr.String(), "code=certificate-fqdn"); n != 3 {
		t.Errorf("a certificate without the right name is reported %d times, want at the start, at the reload, and a day later:\n%s", n, s.stderr)
	}
}

// TestServeWithoutQueue: serve warns of limits for smart hosts that it doesn't keep, as it has no queue.
func TestServeWithoutQueue(t *testing.T) {
	const want = `Send[\"Out\"].SmartHostMessageRateLimit: only a queue keeps the limits for smart hosts, and there is no queue`
	for _, data := range []string{"", filepath.Join(t.TempDir(), "data")} {
		file := relayFile(t, exampletest.Free(t))
		policy, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		policy = bytes.Replace(policy, []byte(`"SmartHosts": [`), []byte(`"SmartHostMessageRateLimit": "30", "SmartHosts": [`), 1)
		if err := os.WriteFile(file, policy, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"-config", file}
		if data != "" {
			args = append(args, "-data", data)
		}
		s := startServing(t, args...)
		s.end(t)
		if warned := strings.Contains(s.stderr.String(), want); warned != (data == "") {
			t.Errorf("with -data %q: %s", data, s.stderr)
		}
	}
}

// TestServeNothing: a gateway without Receive connectors is ready, and serves after a
// reload that brings some. A reload is refused if all Receive connectors belong to other
// servers.
func TestServeNothing(t *testing.T) {
	site := newSite(t)
	full, err := os.ReadFile(site.file("policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("policy.json", []byte(`{"Send": [{"Name": "Rescue", "AddressSpaces": ["*"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`))
	s := startServing(t, "-config", site.file("policy.json"), "-data", site.file("data"))
	if s.ready != "gateway: ready, 0 bindings" || !strings.Contains(s.stderr.String(), "code=serves-nothing") {
		t.Errorf("it says %q and logs\n%s", s.ready, s.stderr)
	}
	site.write("policy.json", full)
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 1)
	site.session(site.binding).Do("QUIT", 221)

	site.write("policy.json", bytes.Replace(full, []byte(`{"Receive": [{`), []byte(`{"Server": "HubA", "Servers": [{"Name": "HubA"}, {"Name": "HubB"}], "Receive": [{"Server": "HubB", `), 1))
	s.hangup <- syscall.SIGHUP
	said := s.stderr.wait(t, "reload failed", 1)
	if want := "this server is HubA, but no Receive connector belongs to it (HubB: 1); give -server HubB"; !strings.Contains(said, want) {
		t.Errorf("%s doesn't say %s", said, want)
	}
	site.session(site.binding).Do("QUIT", 221)

	site.write("policy.json", bytes.Replace(full, []byte(`"Name": "Relay"`), []byte(`"Name": "Relay", "Enabled": false`), 1))
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 2)
	s.stderr.wait(t, "every Receive connector of this server is disabled", 1)
	if conn, err := net.Dial("tcp", site.binding); err == nil {
		conn.Close()
		t.Error("a disabled connector is served")
	}
	s.end(t)
}

// TestAcknowledgedError: an error that the author of a policy acknowledges is reported
// all the same.
func TestAcknowledgedError(t *testing.T) {
	site := newSite(t)
	site.write("open.json", []byte(`{"Receive": [{"Name": "Open", "Bindings": ["`+site.binding+`"], "RemoteIPRanges": ["0.0.0.0/0"],
		"PermissionGroups": "AnonymousUsers",
		"Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]}],
		"Send": [{"Name": "Out", "AddressSpaces": ["*"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`))
	site.write("approved.json", []byte(`{"Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"Open\"]", "Extent": "0.0.0.0/0, any sender", "Reason": "the chief wants it"}]}`))
	var out bytes.Buffer
	if code := run([]string{"check", site.file("open.json"), site.file("approved.json")}, nil, &out, &out); code != exitOK {
		t.Errorf("check: exit %d", code)
	}
	for _, want := range []string{"(open-relay)", "    acknowledged: the chief wants it", "1 acknowledged finding"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check doesn't say %q:\n%s", want, &out)
		}
	}
	s := startServing(t, site.file("open.json"), site.file("approved.json"))
	s.stderr.wait(t, `code=open-relay acknowledged="the chief wants it"`, 1)
	s.end(t)
}

// TestReadableByAll: files with secrets that every user may read are named.
func TestReadableByAll(t *testing.T) {
	site := newSite(t)
	site.write("credentials", []byte("cred=user:password\n"))
	site.write("hub.pw", []byte("password\n"))
	site.write("more.ps1", []byte("New-SendConnector Hub -AddressSpaces example.org -SmartHosts hub.example.org -SmartHostAuthMechanism BasicAuthRequireTLS "+
		"-AuthenticationCredential (Get-Credential hub -PasswordFrom @{File = '"+site.file("hub.pw")+"'})"))
	secret := []string{"users", "credentials", "key", "hub.pw"}
	serve := func() string {
		s := startServing(t, site.flags("-credentials", site.file("credentials"), "-config", site.file("more.ps1"))...)
		s.end(t)
		return s.stderr.String()
	}
	for _, mode := range []os.FileMode{0o600, 0o640, 0o644} {
		for _, name := range secret {
			if err := os.Chmod(site.file(name), mode); err != nil {
				t.Fatal(err)
			}
		}
		said := serve()
		for _, name := range secret {
			if warned := strings.Contains(said, site.file(name)+": every user of this machine may read"); warned != (mode == 0o644) {
				t.Errorf("%s with mode %v: warned %v\n%s", name, mode, warned, said)
			}
		}
	}
}

// TestLogJSON: every line of the log is JSON, from the first one on, with times that
// name their unit, and findings on one line.
func TestLogJSON(t *testing.T) {
	site := newSite(t)
	site.write("more.ps1", []byte("Set-ReceiveConnector Relay -ProtocolLoggingLevel Verbose `\n  -LongAddressesEnabled $true\n"))
	s := startServing(t, site.flags("-json", "-config", site.file("more.ps1"), "-data", site.file("data"))...)
	site.write("more.ps1", []byte("Set-ReceiveConnector Relay -MaxMessageSize much\n"))
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "reload failed", 1)
	s.end(t)
	var out bytes.Buffer
	if code := run(append([]string{"serve", "-json", site.file("more.ps1")}, site.flags()...), nil, &out, &out); code != exitInvalid {
		t.Errorf("a mistake: exit %d", code)
	}
	for _, args := range [][]string{{"-json", "-nosuchflag"}, {"-nosuchflag", "--json"}, {"-json=true", "-data"}, {"-json=perhaps"}, {"-json", "-log", site.file("missing/log")}, {"-json"}} {
		before := out.Len()
		if code := run(append([]string{"serve"}, args...), nil, &out, &out); code != exitInvalid || out.Len() == before {
			t.Errorf("%q: exit %d", args, code)
		}
	}
	seen := map[string]bool{}
	for line := range strings.Lines(s.stderr.String() + out.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%v: %s", err, line)
			continue
		}
		seen[entry["msg"].(string)] = true
		if grace, ok := entry["grace-seconds"]; entry["msg"].(string)[:4] == "stop" && (!ok || grace != 30.0) {
			t.Errorf("how long is unclear: %s", line)
		}
		if finding, _ := entry["finding"].(string); strings.Contains(finding, "\n") || strings.Contains(finding, "^~") {
			t.Errorf("an excerpt in a log: %q", finding)
		}
	}
	for _, want := range []string{"policy", "ready", "reload: error in configuration", "mistake", "can't serve"} {
		if !seen[want] {
			t.Errorf("%q isn't logged", want)
		}
	}
	if s.said != "" {
		t.Errorf("on standard output: %q", s.said)
	}
}
