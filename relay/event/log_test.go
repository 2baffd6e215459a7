package event

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// full returns an event with a value in every field.
func full(k Kind) Event {
	a, at := routing.MustParseAddress("kim@fabrikam.com"), netip.MustParseAddrPort("192.0.2.1:25")
	return Event{
		Kind: k, Time: time.Now(), ID: "1", EnvID: "2", From: a, MailFrom: a, To: a, AllTo: []routing.Address{a}, Recipients: 1, Size: 2, MessageID: "<3>",
		Session: "4", Connector: "In", Local: at, Remote: at, Proxy: Proxy{at, "p", "n", "TLSv1.3"}, Tester: at, Helo: "h", User: "u", Command: "HELO", Mechanism: "LOGIN", Tried: "t", Messages: 3, Refused: 4,
		Reply: "250 ok", Code: 250, Held: time.Second, Reason: reply.NoConnector, Err: errors.New("bad\nthing"), Result: "queued", NextHop: "hop", Domain: "d", Host: "host", Addr: "192.0.2.2:25", HopSession: "hs", TLS: 0x304, Cipher: 0x1301, NetworkID: "n", Subject: "s", SendConnector: "Out",
		Attempts: 1, Delay: time.Second, Failures: 5, Waiting: 6, Retry: time.Minute - 3465, Until: time.Now(), Duration: time.Hour, Report: "7", Detail: "failed",
		Advice: "a", Decision: "8", Trace: new(connector.Trace), Others: 9,
		Limit: "MaxA", By: "source", Key: "192.0.2.1", Value: 3, Bound: 2, More: 4,
	}
}

// TestLog: a line has all keys of its Kind in their order, and none without a value.
func TestLog(t *testing.T) {
	var b strings.Builder
	read := Log(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for k := Kind(1); k < kinds; k++ {
		b.Reset()
		e := full(k)
		for _, key := range table[k].keys {
			if _, ok := e.value(key); !ok && (k != CommandRefused || key != "from" && key != "to") {
				t.Errorf("%v: %s has no value", k, key)
			}
		}
		read(context.Background(), e)
		line, last := b.String(), 0
		for _, key := range table[k].keys {
			at := strings.Index(line, " "+key+"=")
			if at < last && (k != CommandRefused || key != "from" && key != "to") {
				t.Errorf("%v: %s is out of order in %s", k, key, line)
			}
			last = max(last, at)
		}
		if strings.Contains(line, "error=") && !strings.Contains(line, "error=bad<0A>thing") {
			t.Errorf("%v: %s", k, line)
		}
		if strings.Contains(line, "retry=") && !strings.Contains(line, "retry=1m0s") {
			t.Errorf("%v: %s", k, line)
		}
		b.Reset()
		read(context.Background(), Event{Kind: k})
		if strings.Contains(b.String(), "host=") || strings.Contains(b.String(), "error=") || strings.Contains(b.String(), "remote=") {
			t.Errorf("an empty event: %s", b.String())
		}
	}
	read(context.Background(), Event{Kind: kinds})
}

// TestLogPassesOn: other readers are called after the line is written, in turn; without a logger
// and readers there is nothing to call.
func TestLogPassesOn(t *testing.T) {
	if Log(nil, nil, Log(nil)) != nil {
		t.Error("no readers, and something to call")
	}
	var got strings.Builder
	add := func(s string) Reader { return func(context.Context, Event) { got.WriteString(s) } }
	Log(nil, nil, add("a"))(context.Background(), Event{})
	Log(nil, add("b"), nil, add("c"))(context.Background(), Event{})
	Log(slog.New(slog.NewTextHandler(&got, nil)), add("d"))(context.Background(), Event{})
	if text := got.String(); !strings.HasPrefix(text, "abc") || !strings.HasSuffix(text, " msg=event\nd") {
		t.Error(text)
	}
}
