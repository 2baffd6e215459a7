package dispatch_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// counted is a world whose smart host gets three recipients in 24 hours, with the counts in a file.
func counted(t *testing.T, file string) *world {
	send := connector.Send{Name: "out", AddressSpaces: byDNS().AddressSpaces, SmartHosts: smartHosts("192.0.2.1"), SmartHostRecipientRateLimit: 3}
	return newWorld(t, config(send), func(w *world) {
		w.tune = func(d *dispatch.Dispatcher) { d.SmartHostCounts = file }
	})
}

// reasons returns why each message on the queue waits.
func (w *world) reasons() string {
	w.t.Helper()
	var reasons []string
	for m, err := range w.d.List(context.Background(), queue.Filter{All: true}) {
		if err != nil {
			w.t.Fatal(err)
		}
		reasons = append(reasons, m.Recipients[0].Reply)
	}
	return strings.Join(reasons, "; ")
}

const dayIsOver = "SmartHostRecipientRateLimit: [192.0.2.1] gets at most 3 recipients in 24 hours"

// TestCountsOutliveTheDispatcher: after a restart the recipients of the day count as before, until the day
// is over. The file is for its owner only, and has no names.
func TestCountsOutliveTheDispatcher(t *testing.T) {
	bubble(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "smart-host-counts")
		w := counted(t, file)
		sink := w.sink("192.0.2.1", &relaytest.Sink{})
		for range 3 {
			expect(t, "reply", w.mailFrom(deliverFirst, "", letter, nil, "b@fabrikam.com"), "250")
		}
		w.stop()
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasSuffix(string(text), "end\n") || strings.Contains(string(text), "192.0.2.1") {
			t.Errorf("the file: %q, %v", text, err)
		}
		if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		time.Sleep(time.Hour)
		w.start()
		expect(t, "reply", w.mailFrom(deliverFirst, "", letter, nil, "b@fabrikam.com"), "250")
		time.Sleep(22 * time.Hour)
		if got := w.reasons(); got != dayIsOver || len(sink.Messages()) != 3 {
			t.Errorf("it waits for %q; %d messages are sent", got, len(sink.Messages()))
		}
		time.Sleep(3 * time.Hour)
		if n := len(sink.Messages()); n != 4 {
			t.Errorf("%d messages a day later: %s", n, w.reasons())
		}
	})
}

// TestCountsOutliveACrash: what was counted five seconds before a crash counts.
func TestCountsOutliveACrash(t *testing.T) {
	bubble(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "smart-host-counts")
		w := counted(t, file)
		w.sink("192.0.2.1", &relaytest.Sink{})
		for range 3 {
			expect(t, "reply", w.mailFrom(deliverFirst, "", letter, nil, "b@fabrikam.com"), "250")
		}
		time.Sleep(5*time.Second + time.Millisecond)
		crashed, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(t.TempDir(), "of-another-process")
		if err := os.WriteFile(other, crashed, 0o600); err != nil {
			t.Fatal(err)
		}
		after := counted(t, other)
		sink := after.sink("192.0.2.1", &relaytest.Sink{})
		expect(t, "reply", after.mailFrom(deliverFirst, "", letter, nil, "b@fabrikam.com"), "250")
		time.Sleep(time.Minute)
		if got := after.reasons(); got != dayIsOver || len(sink.Messages()) != 0 {
			t.Errorf("it waits for %q; %d messages are sent", got, len(sink.Messages()))
		}
	})
}

// TestUnreachableHostsDontCount: while a smart host is down, attempts don't use up its limit, nor after a
// restart.
func TestUnreachableHostsDontCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := counted(t, filepath.Join(t.TempDir(), "smart-host-counts"))
		for range 3 {
			expect(t, "reply", w.mailFrom(queueFirst, "", letter, nil, "b@fabrikam.com"), "250")
		}
		time.Sleep(3 * time.Hour)
		if q := w.d.Queues(); len(q) != 1 || q[0].Failures < 10 || !q[0].Paced.IsZero() {
			t.Errorf("queues: %+v", q)
		}
		w.stop()
		w.start()
		sink := w.sink("192.0.2.1", &relaytest.Sink{})
		time.Sleep(time.Hour)
		expect(t, "reply", w.mailFrom(queueFirst, "", letter, nil, "b@fabrikam.com"), "250")
		time.Sleep(time.Hour)
		if got := w.reasons(); got != dayIsOver || len(sink.Messages()) != 3 {
			t.Errorf("it waits for %q; %d messages are sent", got, len(sink.Messages()))
		}
	})
}

// TestDamagedCounts: a file that can't be read or written is a warning, and counting goes on.
func TestDamagedCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "smart-host-counts")
		if err := os.WriteFile(file, []byte("smart host counts 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := counted(t, file)
		sink := w.sink("192.0.2.1", &relaytest.Sink{})
		for range 4 {
			expect(t, "reply", w.mailFrom(deliverFirst, "", letter, nil, "b@fabrikam.com"), "250")
		}
		time.Sleep(time.Minute)
		if log := w.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, file+": it is damaged") || len(sink.Messages()) != 3 {
			t.Errorf("%d messages, log: %s", len(sink.Messages()), log)
		}
		if text, err := os.ReadFile(file); err != nil || !strings.HasSuffix(string(text), "end\n") {
			t.Errorf("the file isn't replaced: %q, %v", text, err)
		}

		absent := filepath.Join(t.TempDir(), "absent", "smart-host-counts")
		w = counted(t, absent)
		sink = w.sink("192.0.2.1", &relaytest.Sink{})
		for range 4 {
			expect(t, "reply", w.mailFrom(deliverFirst, "", letter, nil, "b@fabrikam.com"), "250")
		}
		time.Sleep(time.Minute)
		if log := w.log.String(); strings.Count(log, "smart host counts can't be written") != 1 || len(sink.Messages()) != 3 {
			t.Errorf("%d messages, log: %s", len(sink.Messages()), log)
		}
	})
}
