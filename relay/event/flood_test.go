package event

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// buffer is what a logger writes.
type buffer struct {
	mu sync.Mutex
	strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

// take returns the lines so far.
func (b *buffer) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	b.Reset()
	return lines
}

// TestFlood: of a hundred thousand refusals ten have a line, and one line says how many haven't. Other
// readers get every one.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		got := 0
		read := Log(slog.New(slog.NewTextHandler(&out, nil)), func(context.Context, Event) { got++ })
		const n = 100_000
		flood := func() {
			for i := range n {
				key := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
				read(context.Background(), Event{Kind: LimitReached, Connector: "In", Limit: "MaxA", By: "source", Key: key.String()})
			}
		}
		flood()
		if lines := out.take(); got != n || len(lines) != floodLines {
			t.Errorf("%d events, %d lines", got, len(lines))
		}
		time.Sleep(floodWindow - 1)
		synctest.Wait()
		if lines := out.take(); lines[0] != "" {
			t.Errorf("before the end of the window: %q", lines)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if lines := out.take(); len(lines) != 1 || !strings.Contains(lines[0], fmt.Sprintf(" more=%d", n-floodLines-1)) {
			t.Errorf("%q", lines)
		}
		flood()
		if lines := out.take(); len(lines) != floodLines {
			t.Errorf("%d lines in the next window", len(lines))
		}
	})
}

// TestFloodGroups: a key has one line, and limits, connectors and reasons don't share their lines.
func TestFloodGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		read := Log(slog.New(slog.NewTextHandler(&out, nil)))
		client := netip.MustParseAddrPort("192.0.2.1:2000")
		all := []Event{
			{Kind: LimitReached, Connector: "In", Limit: "MaxA", Key: "a"},
			{Kind: LimitReached, Connector: "In", Limit: "MaxA", Key: "b"},
			{Kind: LimitReached, Connector: "In", Limit: "MaxB", Key: "a"},
			{Kind: LimitReached, Connector: "Out", Limit: "MaxA", Key: "a"},
			{Kind: ConnectionRefused, Connector: "In", Reason: reply.TooManyConnections, Remote: client},
			{Kind: ConnectionRefused, Connector: "In", Reason: reply.NoConnector, Remote: client},
			{Kind: CommandRefused, Connector: "In", Reason: reply.RateExceeded, Remote: client},
		}
		for range 3 {
			for _, e := range all {
				read(context.Background(), e)
			}
		}
		if lines := out.take(); len(lines) != len(all) {
			t.Errorf("%d lines, want %d: %q", len(lines), len(all), lines)
		}
		for range 3 {
			read(context.Background(), Event{Kind: CommandRefused, Reason: reply.BadCredentials, Remote: client})
		}
		if lines := out.take(); len(lines) != 3 {
			t.Errorf("%d lines of refusals that aren't bounded", len(lines))
		}
		time.Sleep(floodWindow)
		synctest.Wait()
		if lines := out.take(); len(lines) != len(all)-1 { // the two keys of MaxA share the last line
			t.Errorf("%d last lines: %q", len(lines), lines)
		}
	})
}
