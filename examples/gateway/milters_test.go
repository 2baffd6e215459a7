package main

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestServeMilter: serve asks the filter, and says what becomes of mail while it is away.
func TestServeMilter(t *testing.T) {
	for action, code := range map[string]int{"tempfail": 451, "accept": 250, "reject": 550} {
		binding, away := exampletest.Free(t), exampletest.Free(t)
		s := startServing(t, "-config", relayFile(t, binding), "-milter", "inet:"+away, "-milter-default-action", action)
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
