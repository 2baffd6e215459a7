package main

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestCheckMilter: check connects to the filter, and says what becomes of mail while it is away.
func TestCheckMilter(t *testing.T) {
	away := "inet:" + exampletest.Free(t)
	for action, fate := range map[string]string{"tempfail": "mail is refused with 451", "accept": "mail passes without it", "reject": "mail is refused with 550"} {
		code, out := runCommand(t, "check", relayFile(t, "127.0.0.1:25"), "-milter", away, "-milter-default-action", action)
		if want := "warning: -milter " + away + ": the filter can't be asked, so " + fate + ": "; code != exitNo || !strings.Contains(out, want) || !strings.Contains(out, "(milter-failed)") {
			t.Errorf("exit %d: %s\nlacks %s", code, out, want)
		}
	}
	if code, out := runCommand(t, "check", relayFile(t, "127.0.0.1:25"), "-milter", "127.0.0.1:11332"); code != exitInvalid || !strings.Contains(out, "-milter \"127.0.0.1:11332\": ") {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, out := runCommand(t, "check", relayFile(t, "127.0.0.1:25"), "-milter", "inet:"+agreeing(t)); strings.Contains(out, "milter-failed") {
		t.Errorf("a filter that can be asked: %s", out)
	}
}

// agreeing is the address of a filter that takes what it is offered of the protocol.
func agreeing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.CopyN(c, c, 17) // length, O, version, actions and steps
		io.Copy(io.Discard, c)
	}()
	return l.Addr().String()
}

// TestServeMilter: serve asks the filter, and says what becomes of mail while it is away.
func TestServeMilter(t *testing.T) {
	for action, code := range map[string]int{"tempfail": 451, "accept": 250, "reject": 550} {
		binding, away := exampletest.Free(t), exampletest.Free(t)
		s := startServing(t, "-config", patientFile(t, binding), "-milter", "inet:"+away, "-milter-default-action", action)
		if want := "Mail is shown to the milter at inet:" + away + "; while it is away: " + action + "\n"; !strings.Contains(s.said, want) {
			t.Errorf("%s lacks %q", s.said, want)
		}
		conn, err := net.Dial("tcp", binding)
		if err != nil {
			t.Fatal(err)
		}
		c := relaytest.NewClient(t, conn)
		c.Expect(220)
		c.Do("EHLO client.example", 250)
		c.Do("MAIL FROM:<ann@example.net>", code)
		c.Close()
		s.end(t)
		if !strings.Contains(s.stderr.String(), "the milter can't be asked") {
			t.Errorf("%s: the log doesn't say so: %s", action, s.stderr)
		}
	}
	for _, args := range [][]string{{"-milter", "127.0.0.1:11332"}, {"-milter", "inet:127.0.0.1:11332", "-milter-default-action", "quarantine"}} {
		var out bytes.Buffer
		if code := run(append([]string{"serve", "-config", relayFile(t, "127.0.0.1:25")}, args...), nil, &out, &out); code != exitInvalid || !strings.Contains(out.String(), args[len(args)-2]) {
			t.Errorf("%v: exit %d, %s", args, code, &out)
		}
	}
}
