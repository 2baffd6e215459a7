package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestShutdownGrace: at a shutdown, a client in the middle of a message has the time of -shutdown-grace and no more.
func TestShutdownGrace(t *testing.T) {
	binding := exampletest.Free(t)
	s := startServing(t, "-config", relayFile(t, binding), "-data", filepath.Join(t.TempDir(), "data"), "-shutdown-grace", "1ms", "-connect-to", "mailbox.fabrikam.com:25:"+exampletest.Free(t))
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Do("RCPT TO:<bob@fabrikam.com>", 250)
	c.Do("DATA", 354) // and nothing follows: the shutdown would wait for the message
	s.stop()
	code := <-s.code
	if text := s.stderr.String(); code != exitOK || !strings.Contains(text, "grace=1ms") || !strings.Contains(text, "transactions were cut off") {
		t.Errorf("exit %d: %s", code, text)
	}
	for _, args := range [][]string{{"-shutdown-grace", "-1s"}, {"-shutdown-grace", "8"}} {
		if text := ranAs(t, exitInvalid, append([]string{"serve", "-demo"}, args...)...); !strings.Contains(text, "-shutdown-grace") {
			t.Errorf("%q: %s", args, text)
		}
	}
}
