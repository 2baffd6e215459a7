package main

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// traceCommand runs gateway trace and returns what it prints.
func traceCommand(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run(append([]string{"trace"}, args...), strings.NewReader(""), &out, &out); code != exitOK {
		t.Errorf("trace %q: exit %d: %s", args, code, &out)
	}
	return out.String()
}

// TestTracedElsewhere: the gateway says where its log is, so that trace needs only -data.
func TestTracedElsewhere(t *testing.T) {
	site := newSite(t)
	data, logs := site.file("data"), filepath.Join(t.TempDir(), "elsewhere")
	s := startServing(t, site.flags("-data", data, "-logs", logs)...)
	c := site.session(site.binding)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<pat@elsewhere.example>", 550)
	c.Do("QUIT", 221)
	for range 100 { // the log is written at the latest after a second
		if found, _ := filepath.Glob(filepath.Join(logs, trackingDir, "*.LOG")); len(found) > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if told := traceCommand(t, "-from", "ann@", "-data", data); !strings.Contains(told, "pat@elsewhere.example: 550 5.7.54") {
		t.Error(told)
	}
	s.end(t)
	var out bytes.Buffer
	if code := run([]string{"trace", "-data", data}, nil, &out, &out); code != exitInvalid || !strings.Contains(out.String(), "MessageTrackingLogPath") {
		t.Errorf("without a gateway: exit %d: %s", code, &out)
	}
}

// TestTrackedMail: of a message to three recipients, and one that is refused at once, trace says what became of
// each while the gateway runs, and after it has stopped.
func TestTrackedMail(t *testing.T) {
	site := newSite(t)
	sink := &relaytest.Sink{Script: func(s relaytest.Stage, arg string) string {
		switch {
		case s == relaytest.StageRcpt && strings.Contains(arg, "unknown"):
			return "550 5.1.1 no such user"
		case s == relaytest.StageRcpt && strings.Contains(arg, "full"):
			return "452 4.2.2 mailbox full"
		}
		return ""
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(listener)
	defer sink.Close()
	data := site.file("data")
	s := startServing(t, site.flags("-data", data, "-connect-to", "mailbox.fabrikam.com:25:"+listener.Addr().String())...)
	c := site.session(site.binding)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<kim@fabrikam.com>", 250)
	c.Do("RCPT TO:<unknown@fabrikam.com>", 250)
	c.Do("RCPT TO:<full@fabrikam.com>", 250)
	c.Do("RCPT TO:<pat@elsewhere.example>", 550)
	c.Do("DATA", 354)
	c.Send("Subject: Betreff, mit =?utf-8?Q?Gr=C3=BC=C3=9Fen?=", "Message-ID: <1@example.net>", "", "Hello.", ".")
	c.Expect(250)
	c.Do("QUIT", 221)
	s.stderr.wait(t, "msg=deferred", 1)
	s.stderr.wait(t, `msg="delivery report queued"`, 1)
	var told string
	for range 100 { // the log is written at the latest after a second
		var out bytes.Buffer
		_ = run([]string{"trace", "-to", "full@", "-data", data}, strings.NewReader(""), &out, &out)
		if told = out.String(); strings.Contains(told, "delivery report made") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	inOrder(t, told, `<1@example.net> from ann@example.net`, `"Betreff, mit Grüßen"`, "refused, from", "pat@elsewhere.example: 550 5.7.54",
		"received, from", "kim@fabrikam.com\n", "unknown@fabrikam.com\n", "full@fabrikam.com\n")
	for _, part := range []string{"kim@fabrikam.com: 250 2.0.0 OK", "unknown@fabrikam.com: 550 5.1.1 no such user", "full@fabrikam.com: 452 4.2.2 mailbox full",
		"now", "full@fabrikam.com waits for"} {
		if !strings.Contains(told, part) {
			t.Errorf("%q isn't in\n%s", part, told)
		}
	}
	queueCommand(t, data, "drop", "-recipient-domain", "fabrikam.com")
	s.end(t)
	told = traceCommand(t, "-id", "1@example.net", "-data", data)
	if !strings.Contains(told, "dropped by operator") || strings.Contains(told, " waits") {
		t.Errorf("after the drop:\n%s", told)
	}
}

// inOrder checks that text has the parts in their order.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("%q isn't there, or out of order, in\n%s", part, text)
		}
		rest = after
	}
}
