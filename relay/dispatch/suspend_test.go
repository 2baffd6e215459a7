package dispatch_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// suspending keeps the suspended next hops in a file.
func suspending(path string) func(*world) {
	return func(w *world) { w.tune = func(d *dispatch.Dispatcher) { d.SuspendedHops = path } }
}

// operator is the context of an operator.
func operator(action string) context.Context {
	return dispatch.WithOperator(context.Background(), slog.String("action", action), slog.String("user", "kim"))
}

// queueNamed returns the Queue of a name.
func (w *world) queueNamed(name string) dispatch.Queue {
	w.t.Helper()
	for _, q := range w.d.Queues() {
		if q.Name == name {
			return q
		}
	}
	w.t.Errorf("no queue %q in %+v", name, w.d.Queues())
	return dispatch.Queue{}
}

// TestSuspendHop: mail for a suspended next hop waits without attempts, also new mail and over a policy and a
// restart; mail for others goes on. Resumed, it goes at once.
func TestSuspendHop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "suspended")
		w := newWorld(t, config(byDNS()), suspending(path))
		c := watch(w)
		b, other := w.sink("192.0.2.2", &relaytest.Sink{}, "b.example"), w.sink("192.0.2.3", &relaytest.Sink{}, "c.example")
		if err := w.d.SuspendHop(operator("suspend-hop"), "OUT b.example"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		expect(t, "queue first", w.mail(queueFirst, "1@b.example", "1@c.example"), "250")
		expect(t, "deliver first", w.mail(deliverFirst, "2@b.example"), "250")
		if time.Since(begun) > time.Second {
			t.Error("a client waited for a next hop that is suspended")
		}
		if err := w.d.SetPolicy(compile(t, config(byDNS()))); err != nil {
			t.Error(err)
		}
		if _, err := w.d.Retry(context.Background(), queue.Filter{All: true}, nil); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		w.stop()
		w.start()
		time.Sleep(time.Hour)
		if got := c.to("192.0.2.2"); len(got) > 0 {
			t.Errorf("called at %v", got)
		}
		arrived(t, "elsewhere", other, 1)
		q := w.queueNamed("out b.example")
		if !q.Suspended || q.SuspendedBy != "kim" || q.Messages != 2 || q.Oldest.IsZero() || q.Connector != "out" || q.Destination != "b.example" || q.DeliveryType != "DnsConnectorDelivery" {
			t.Errorf("%+v", q)
		}
		if err := w.d.ResumeHop(operator("resume-hop"), "out B.example"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		arrived(t, "resumed", b, 2)
		for _, line := range []string{`msg="next hop suspended" action=suspend-hop user=kim hop="out b.example" waiting=0`, `msg="next hop resumed" action=resume-hop user=kim hop="out b.example" waiting=2`} {
			if !strings.Contains(w.log.String(), line) {
				t.Errorf("the log lacks %s", line)
			}
		}
	})
}

// TestSuspendConnector: the name of a Send connector stands for all its next hops, also those to come, and
// nothing else.
func TestSuspendConnector(t *testing.T) {
	bubble(t, func(t *testing.T) {
		backup := byDNS()
		backup.Name, backup.AddressSpaces = "out backup", []routing.AddressSpace{routing.MustParseAddressSpace("c.example")}
		w := newWorld(t, config(byDNS(), backup))
		b, c := w.sink("192.0.2.2", &relaytest.Sink{}, "b.example"), w.sink("192.0.2.3", &relaytest.Sink{}, "c.example")
		if err := w.d.SuspendHop(context.Background(), "out"); err != nil {
			t.Fatal(err)
		}
		expect(t, "reply", w.mail(queueFirst, "1@b.example", "1@c.example"), "250")
		time.Sleep(time.Minute)
		arrived(t, "suspended", b, 0)
		arrived(t, "another connector", c, 1)
		for name, want := range map[string]string{"out": "already", "nowhere": "no next hop", strings.Repeat("x", 2000): "too long"} {
			if err := w.d.SuspendHop(context.Background(), name); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("suspend %.20q: %v", name, err)
			}
		}
		for name, want := range map[string]string{"out b.example": `with the Send connector "out"`, "other": "isn't suspended"} {
			if err := w.d.ResumeHop(context.Background(), name); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("resume %q: %v", name, err)
			}
		}
		if err := w.d.ResumeHop(context.Background(), "out"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		arrived(t, "resumed", b, 1)
	})
}

// TestSuspendedExpires: what waits for a suspended next hop expires, and its sender gets a report.
func TestSuspendedExpires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		home := w.home()
		w.sink("192.0.2.2", &relaytest.Sink{}, "b.example")
		if err := w.d.SuspendHop(context.Background(), "out b.example"); err != nil {
			t.Fatal(err)
		}
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(49 * time.Hour)
		if s := w.queued(); s != "" {
			t.Errorf("queued: %q", s)
		}
		arrived(t, "reports on the delay and the failure", home, 2)
	})
}

// TestSuspendedFile: without the file nothing can be known of what was suspended, so that Start fails.
func TestSuspendedFile(t *testing.T) {
	for text, ok := range map[string]bool{`[]`: true, `[{"name":"out","since":"2026-11-30T09:14:00Z"}]`: true,
		``: false, `[{"name":""}]`: false, `{}`: false, `[] []`: false, `[{"name":"a","when":1}]`: false} {
		path := filepath.Join(t.TempDir(), "suspended")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d := &dispatch.Dispatcher{Transport: new(delivery.Sender), Store: new(queuetest.Store), Policy: compile(t, config(byDNS())), SuspendedHops: path}
		err := d.Start(context.Background())
		if err == nil {
			err = d.Shutdown(context.Background())
		}
		if (err == nil) != ok || !ok && !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestSuspendUnwritable: a next hop that can't be recorded as suspended isn't.
func TestSuspendUnwritable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()), suspending(filepath.Join(t.TempDir(), "gone", "suspended")))
		b := w.sink("192.0.2.2", &relaytest.Sink{}, "b.example")
		if err := w.d.SuspendHop(context.Background(), "out"); err == nil {
			t.Error("suspended, although the file can't be written")
		}
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Second)
		arrived(t, "not suspended", b, 1)
	})
}

// TestRedirect: redirected mail leaves by the other Send connector, over a restart too, and new mail by the
// policy. A message that is too large for the connector stays.
func TestRedirect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		backup := byDNS()
		backup.Name, backup.AddressSpaces, backup.SmartHosts, backup.MaxMessageSize = "backup", []routing.AddressSpace{routing.MustParseAddressSpace("backup.example")}, smartHosts("backup.example"), 64*param.KB
		cfg := config(byDNS(), backup)
		w := newWorld(t, cfg)
		host := w.sink("192.0.2.9", &relaytest.Sink{}, "backup.example")
		w.at("192.0.2.2", "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter+strings.Repeat("x\r\n", 40_000), func(env *relay.Envelope) { env.Size = 120_000 }, "2@b.example"), "250")
		time.Sleep(time.Minute)
		toB := queue.Filter{Hop: "out b.example"}
		for name, want := range map[string]string{"nowhere": "no Send connector", "": "no Send connector"} {
			if _, err := w.d.Redirect(context.Background(), toB, name, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("to %q: %v", name, err)
			}
		}
		n, err := w.d.Redirect(operator("redirect"), toB, "Backup", nil)
		if n != 1 || err == nil || !strings.Contains(err.Error(), "1 messages were left") {
			t.Errorf("%d redirected, %v", n, err)
		}
		time.Sleep(time.Second)
		arrived(t, "redirected", host, 1)
		if got := w.queued(); got != "2@b.example waiting" {
			t.Errorf("queued: %s", got)
		}
		if !strings.Contains(w.log.String(), `msg="changed by operator" action=redirect user=kim id=ID`) {
			t.Errorf("the log lacks the change:\n%s", w.log.String())
		}
	})
}

// TestResubmit: a redirected message whose connector is gone waits as unreachable, until it is resubmitted.
func TestResubmit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		backup := byDNS()
		backup.Name, backup.AddressSpaces = "backup", []routing.AddressSpace{routing.MustParseAddressSpace("backup.example")}
		w := newWorld(t, config(byDNS(), backup))
		w.at("192.0.2.2", "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		all := queue.Filter{All: true}
		if n, err := w.d.Redirect(context.Background(), all, "backup", nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := w.d.Redirect(context.Background(), all, "BACKUP", nil); n != 0 || err != nil {
			t.Errorf("redirected %d again, %v", n, err)
		}
		w.stop()
		w.policy = compile(t, config(byDNS()))
		w.start()
		time.Sleep(time.Second)
		if q := w.queueNamed("Unreachable"); q.Messages != 1 {
			t.Errorf("%+v", q)
		}
		if _, err := w.d.Redirect(context.Background(), all, "backup", nil); err == nil {
			t.Error("redirected to a connector that is gone")
		}
		b := w.sink("192.0.2.2", &relaytest.Sink{}, "b.example")
		if n, err := w.d.Resubmit(context.Background(), all, nil); n != 1 || err != nil {
			t.Errorf("resubmitted %d, %v", n, err)
		}
		time.Sleep(time.Second)
		arrived(t, "resubmitted", b, 1)
	})
}

// TestResumedAfterReload: a message that was suspended before a new policy goes to the next hop of that policy as
// soon as it is resumed, whatever became of the old one.
func TestResumedAfterReload(t *testing.T) {
	bubble(t, func(t *testing.T) {
		smart := byDNS()
		smart.SmartHosts = smartHosts("dead.example")
		w := newWorld(t, config(smart))
		w.at("192.0.2.8", "dead.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Second)
		all := queue.Filter{All: true}
		if n, err := w.d.Suspend(context.Background(), all, nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		host := w.sink("192.0.2.9", &relaytest.Sink{}, "alive.example")
		smart.SmartHosts = smartHosts("alive.example")
		if err := w.d.SetPolicy(compile(t, config(smart))); err != nil {
			t.Fatal(err)
		}
		if n, err := w.d.Resume(context.Background(), all, nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		time.Sleep(time.Second)
		arrived(t, "resumed", host, 1)
	})
}

// TestQueueCounts: a message counts once for each next hop, whether it waits for a connection, for its own time
// or for an operator.
func TestQueueCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sink("192.0.2.2", answering(relaytest.StageRcpt, "", "450 4.2.1 Later"), "b.example")
		begun := time.Now()
		expect(t, "reply", w.mail(queueFirst, "later@b.example"), "250")
		w.at("192.0.2.3", "c.example")
		time.Sleep(time.Minute)
		expect(t, "reply", w.mail(queueFirst, "1@c.example", "2@c.example"), "250")
		expect(t, "reply", w.mail(queueFirst, "3@c.example"), "250")
		time.Sleep(time.Second)
		if n, err := w.d.Suspend(context.Background(), queue.Filter{To: routing.MustParseAddressSpace("c.example"), After: begun.Add(time.Minute)}, nil); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := w.d.Resume(context.Background(), queue.Filter{To: routing.MustParseAddressSpace("c.example"), IDs: []string{w.idOf("3@c.example")}}, nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if q := w.queueNamed("out b.example"); q.Messages != 1 || q.Deferred != 1 || q.Held != 0 || !q.Oldest.Equal(begun) {
			t.Errorf("%+v", q)
		}
		if q := w.queueNamed("out c.example"); q.Messages != 2 || q.Held != 1 || q.Deferred != 0 || q.Waiting != 1 || q.Failures != 1 || !strings.Contains(q.Reply, "refused") {
			t.Errorf("%+v", q)
		}
	})
}

// idOf returns the ID of the message to a recipient.
func (w *world) idOf(to string) string {
	for m := range w.d.List(context.Background(), queue.Filter{All: true}) {
		for _, r := range m.Recipients {
			if r.To.String() == to {
				return m.ID
			}
		}
	}
	return ""
}

// FuzzSuspendedHops: whatever is in the file, it is read or refused.
func FuzzSuspendedHops(f *testing.F) {
	for _, text := range []string{`[]`, `[{"name":"out","since":"2026-11-30T09:14:00Z","by":"kim"}]`, `[{"name":""}]`, `{}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "suspended")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := dispatch.ReadSuspendedHops(path)
		for _, s := range list {
			if err != nil || s.Name == "" {
				t.Errorf("%q: %+v, %v", text, list, err)
			}
		}
	})
}
