package main

import (
	"context"
	"flag"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestServeEvents: what mail depends on is away, and each of the readers of the gateway's events, of which the log is
// one, learns of it once.
func TestServeEvents(t *testing.T) {
	binding, away := exampletest.Free(t), exampletest.Free(t)
	policy, settings := filepath.Join(t.TempDir(), "policy.json"), filepath.Join(t.TempDir(), "oauth.json")
	write(t, policy, strings.Replace(cloudPolicy, "BINDING", binding, 1))
	write(t, settings, `{"Connectors": [{"Name": "To Microsoft 365", "Grant": "ClientCredentials", "TokenURL": "https://`+away+`/token", "ClientID": "app", "ClientSecret": {"Environment": "CLOUD_SECRET"}}]}`)
	t.Setenv("CLOUD_SECRET", cloudSecret)

	log := newLogged()
	c := newCLI(strings.NewReader(""), io.Discard, log)
	c.fqdn = nil
	var f serveFlags
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.register(fs)
	if _, err := parse(fs, []string{"-config", policy, "-oauth", settings, "-milter", "inet:" + away}); err != nil {
		t.Fatal(err)
	}
	r, ok := newRelayProcess(c, &f)
	if !ok {
		t.Fatal(log.String())
	}
	read := make(chan event.Event, 100)
	r.gateway.Events = []event.Reader{func(_ context.Context, e event.Event) { read <- e }}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan int, 1)
	go func() { ended <- r.run(ctx, events{ready: func() { close(ready) }}) }()
	<-ready
	conn, err := net.Dial("tcp", binding)
	if err != nil {
		t.Fatal(err)
	}
	client := relaytest.NewClient(t, conn)
	client.Expect(220)
	client.Do("QUIT", 221)
	seen := map[event.Kind]int{}
	for seen[event.TokenMissing] == 0 || seen[event.MilterFailed] == 0 || seen[event.ConnectionEnded] == 0 {
		seen[(<-read).Kind]++
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit %d", code)
	}
	for _, line := range []string{
		`level=ERROR msg="no OAuth token: mail waits" connector="To Microsoft 365" cause=unavailable failures=1 retry=5s error="the token server can't be reached: ` + away + `: `,
		`level=ERROR msg="the milter can't be asked" session=`,
		`level=INFO msg="connection ended" session=`,
	} {
		if n := strings.Count(log.String(), line); n != 1 {
			t.Errorf("%q is in the log %d times:\n%s", line, n, log)
		}
	}
	if seen[event.TokenMissing] != 1 || seen[event.MilterFailed] != 1 {
		t.Errorf("the events: %v", seen)
	}
}
