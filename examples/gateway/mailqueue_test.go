package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// queueCommand runs gateway queue and returns what it prints.
func queueCommand(t *testing.T, data, action string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run(append([]string{"queue", action, "-data", data}, args...), strings.NewReader(""), &out, &out); code != exitOK {
		t.Errorf("queue %s: exit %d: %s", action, code, &out)
	}
	return out.String()
}

// submit sends a message to the gateway.
func (s *site) submit(to string) {
	s.t.Helper()
	c := s.session(s.binding)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<"+to+">", 250)
	c.Do("DATA", 354)
	c.Send("Subject: hello", "", "Hello.", ".")
	c.Expect(250)
	c.Do("QUIT", 221)
}

// TestServeQueue: a gateway accepts mail for a next hop that is down, stops, starts
// again, and delivers the mail when the hop is up and the operator retries.
func TestServeQueue(t *testing.T) {
	site := newSite(t)
	data, hop := site.file("data"), exampletest.Free(t)
	flags := site.flags("-data", data, "-connect-to", "mailbox.fabrikam.com:25:"+hop)
	s := startServing(t, flags...)
	if !strings.Contains(s.said, "Mail is queued in "+data) {
		t.Errorf("said %q", s.said)
	}
	site.submit("bob@fabrikam.com")
	s.stderr.wait(t, "hop=", 1) // the attempt has failed
	s.end(t)

	s = startServing(t, flags...)
	s.stderr.wait(t, "hop=", 1) // so has another one: only retry makes the next
	if said := queueCommand(t, data, "list"); !strings.Contains(said, "<bob@fabrikam.com>  waiting") || !strings.HasSuffix(said, "\n1 message\n") {
		t.Errorf("on the queue after a restart:\n%s", said)
	}
	var out bytes.Buffer
	site.policy("fabrikam.com", exampletest.Free(t))
	if code := run(append([]string{"serve"}, flags...), strings.NewReader(""), &out, &out); code != exitNo || !strings.Contains(out.String(), "data directory "+data) {
		t.Errorf("a second gateway on one queue: exit %d: %s", code, &out)
	}

	sink := new(relaytest.Sink)
	listener, err := net.Listen("tcp", hop)
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(listener)
	defer sink.Close()
	queueCommand(t, data, "retry", "-recipient-domain", "fabrikam.com")
	if got, err := sink.Wait(t.Context(), 1); err != nil || !strings.HasSuffix(string(got[0].Data), "Subject: hello\r\n\r\nHello.\r\n") {
		t.Errorf("the next hop has %+v, %v", got, err)
	}
	s.end(t)
	if _, err := os.Stat(filepath.Join(data, "control")); err == nil {
		t.Error("the socket is left behind")
	}
}

// TestReloadFreesMail: mail that no Send connector routes waits, and is delivered by the
// one that a reload brings.
func TestReloadFreesMail(t *testing.T) {
	site := newSite(t)
	sink := new(relaytest.Sink)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(listener)
	defer sink.Close()
	policy, err := os.ReadFile(site.file("policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	site.write("policy.json", bytes.Replace(policy, []byte(`"AddressSpaces": ["fabrikam.com"]`), []byte(`"AddressSpaces": ["elsewhere.example"]`), 1))
	data := site.file("data")
	s := startServing(t, site.flags("-data", data, "-connect-to", "mailbox.fabrikam.com:25:"+listener.Addr().String())...)
	site.submit("bob@fabrikam.com")
	if said := queueCommand(t, data, "list", "-status", "waiting"); !strings.Contains(said, "<bob@fabrikam.com>") {
		t.Errorf("on the queue:\n%s", said)
	}
	site.write("policy.json", policy)
	s.hangup <- syscall.SIGHUP
	if _, err := sink.Wait(t.Context(), 1); err != nil {
		t.Error(err)
	}
	s.end(t)
}

// TestReloadByCommand: an operator reloads, and is told what is wrong with the files.
func TestReloadByCommand(t *testing.T) {
	site := newSite(t)
	data := site.file("data")
	s := startServing(t, site.flags("-data", data)...)
	reload := func(want int) string {
		t.Helper()
		var out bytes.Buffer
		if code := run([]string{"reload", "-data", data}, strings.NewReader(""), &out, &out); code != want {
			t.Errorf("exit %d, want %d: %s", code, want, &out)
		}
		return out.String()
	}
	if said := reload(exitOK); said != "reloaded\n" {
		t.Errorf("it said %q", said)
	}
	s.stderr.wait(t, "msg=reloaded", 1)
	s.stderr.wait(t, "reload by operator", 1)
	site.write("policy.json", []byte(`{"Receive": [{"Nmae": "Relay"}]}`))
	if said := reload(exitInvalid); !strings.Contains(said, "policy.json") || !strings.Contains(said, "Nmae") {
		t.Errorf("it said %q", said)
	}
	s.stderr.wait(t, "reload failed", 1)
	s.end(t)
	if said := reload(exitInvalid); !strings.Contains(said, "no gateway is running on "+data) {
		t.Errorf("it said %q", said)
	}
}

// TestDataOfOthers: a directory that others may enter is refused before anything is
// written to it.
func TestDataOfOthers(t *testing.T) {
	site := newSite(t)
	data := site.file("data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := run(append([]string{"serve"}, site.flags("-data", data)...), strings.NewReader(""), &out, &out)
	if want := "run chmod 700 " + data; code != exitNo || !strings.Contains(out.String(), want) {
		t.Errorf("exit %d: %s", code, &out)
	}
	if left, err := os.ReadDir(data); len(left) > 0 {
		t.Errorf("it holds %v, %v", left, err)
	}
}
