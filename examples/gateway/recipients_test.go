package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// recipientFile writes a list of recipients.
func recipientFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.json")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// patientFile is relayFile without the delay of refusals.
func patientFile(t *testing.T, binding string) string {
	t.Helper()
	name := relayFile(t, binding)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return recipientFile(t, strings.Replace(string(text), `"AuthMechanism"`, `"TarpitInterval": "00:00:00", "AuthMechanism"`, 1))
}

// mailFrom returns a client that has begun a message. Its connection lasts as long as the test.
func mailFrom(t *testing.T, binding string) *relaytest.Client {
	t.Helper()
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	return c
}

// TestServeRecipients: recipients that the file doesn't list are refused, and a reload reads it again.
func TestServeRecipients(t *testing.T) {
	file := recipientFile(t, "kim@fabrikam.com\n")
	binding := exampletest.Free(t)
	data := filepath.Join(t.TempDir(), "data")
	s := startServing(t, "-config", patientFile(t, binding), "-recipients", file, "-data", data, "-connect-to", "mailbox.fabrikam.com:25:127.0.0.1:1")
	defer s.end(t)
	ask := func(want int) {
		t.Helper()
		c := mailFrom(t, binding)
		defer c.Close()
		c.Do("RCPT TO:<Kim@fabrikam.com>", 250)
		c.Do("RCPT TO:<new@fabrikam.com>", want)
	}
	ask(550)
	if err := os.WriteFile(file, []byte("kim@fabrikam.com\nnew@fabrikam.com\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ranAs(t, exitOK, "reload", "-data", data) // it returns when the recipients are replaced; the log says "reloaded" before
	ask(250)
}

// TestServeRecipientsAsk: the next hop is asked, its answer is kept, and while it is away the
// recipients count as existing.
func TestServeRecipientsAsk(t *testing.T) {
	var asked atomic.Int64
	sink := &relaytest.Sink{Script: func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt {
			asked.Add(1)
			if argument != "kim@fabrikam.com" {
				return "550 5.1.1 no such user"
			}
		}
		return ""
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go sink.Serve(l)
	binding := exampletest.Free(t)
	s := startServing(t, "-config", patientFile(t, binding), "-recipients-ask", "-data", filepath.Join(t.TempDir(), "data"), "-connect-to", "mailbox.fabrikam.com:25:"+l.Addr().String())
	defer s.end(t)
	c := mailFrom(t, binding)
	defer c.Close() // the gateway waits for a message that has begun
	for range 2 {   // the second time without a question
		c.Do("RCPT TO:<kim@fabrikam.com>", 250)
		c.Do("RCPT TO:<bob@fabrikam.com>", 550)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("the next hop is asked %d times, want 2", n)
	}
	if err := sink.Close(); err != nil {
		t.Error(err)
	}
	c.Do("RCPT TO:<eve@fabrikam.com>", 250)
	c.Do("RCPT TO:<bob@fabrikam.com>", 550)
}

// TestExplainRecipients: explain looks recipients up in the file, too.
func TestExplainRecipients(t *testing.T) {
	policy := relayFile(t, "127.0.0.1:25")
	file := recipientFile(t, "kim@fabrikam.com\n")
	for to, want := range map[string]string{
		"kim@fabrikam.com": "yes  recipient-lookup: kim@fabrikam.com exists",
		"bob@fabrikam.com": "no   recipient-lookup: bob@fabrikam.com does not exist, AddressBookEnabled is set",
	} {
		code, out := runCommand(t, "explain", policy, "-remote", "127.0.0.1", "-from", "ann@example.net", "-to", to, "-recipients", file)
		if !strings.Contains(out, want) || (code == exitNo) != strings.Contains(out, "550 5.1.1 User unknown") {
			t.Errorf("%s: exit %d:\n%s", to, code, out)
		}
	}
	_, out := runCommand(t, "explain", policy, "-remote", "127.0.0.1", "-to", "bob@fabrikam.com")
	if strings.Contains(out, "recipient-lookup") {
		t.Errorf("without a place:\n%s", out)
	}
	for _, args := range [][]string{{"-recipients", recipientFile(t, "\nkim")}, {"-recipients", file, "-recipients-ldap", file}, {"-recipients", "absent"}} {
		if code, out := runCommand(t, append([]string{"explain", policy, "-remote", "127.0.0.1", "-to", "bob@fabrikam.com"}, args...)...); code != exitInvalid {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
}
