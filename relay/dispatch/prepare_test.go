package dispatch_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestReportsArePrepared: what signs messages signs the delivery reports of this server too.
func TestReportsArePrepared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sender.Prepare = func(_ context.Context, _ *connector.Outbound, env *envelope.Envelope, m *message.Message) error {
			return m.Header().Prepend("X-Prepared: report " + map[bool]string{true: "yes", false: "no"}[env.Report])
		}
		w.sink("192.0.2.1", hopB(), "b.example")
		home := w.sink("192.0.2.2", &relaytest.Sink{}, "contoso.com")
		expect(t, "reply", w.mail(queueFirst, "bad@b.example"), "250")
		time.Sleep(time.Minute)
		m := home.Messages()
		if len(m) != 1 || !strings.HasPrefix(string(m[0].Data), "X-Prepared: report yes\r\n") {
			t.Errorf("the report: %+v", m)
		}
	})
}

// TestPreparedOnce: Prepare gets a message where the Dispatcher or its Store holds it, without a copy: a
// Sender that has room for none delivers it, also as the transport of one connector.
func TestPreparedOnce(t *testing.T) {
	large := letter + strings.Repeat("x\r\n", 200_000)
	for name, tc := range map[string]struct {
		connector string
		body      string
		spool     bool
		own       bool
	}{
		"while the client waits":              {connector: deliverFirst, body: letter},
		"while the client waits, large":       {connector: deliverFirst, body: large},
		"from a Store in memory":              {connector: queueFirst, body: large},
		"from a file":                         {connector: queueFirst, body: large, spool: true},
		"from a file, the connector's Sender": {connector: queueFirst, body: large, spool: true, own: true},
	} {
		t.Run(name, func(t *testing.T) {
			var store queue.Store = new(queuetest.Store)
			if tc.spool {
				s, err := spool.Open(filepath.Join(t.TempDir(), "queue"), spool.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				store = s
			}
			w := newWorld(t, config(byDNS()), func(w *world) {
				w.store = store
				w.tune = func(d *dispatch.Dispatcher) {
					w.sender.Messages = &message.Pool{Memory: 1, Dir: filepath.Join(t.TempDir(), "absent")}
					w.sender.Prepare = func(_ context.Context, _ *connector.Outbound, _ *envelope.Envelope, m *message.Message) error {
						if _, err := io.Copy(io.Discard, m.Open()); err != nil {
							return err
						}
						return m.Header().Prepend("X-Prepared: yes")
					}
					if tc.own {
						d.ByConnector = map[string]delivery.Transport{"out": w.sender}
					}
				}
			})
			sink := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
			body := "X-MS-Exchange-Organization-SCL: 1\r\n" + tc.body
			expect(t, "reply", w.mailFrom(tc.connector, "a@contoso.com", body, nil, "1@b.example"), "250")
			ctx, cancel := timeout(10 * time.Second)
			defer cancel()
			got, err := sink.Wait(ctx, 1)
			if err != nil {
				t.Fatalf("%v; the log: %s", err, w.log.String())
			}
			if string(got[0].Data) != "X-Prepared: yes\r\n"+tc.body {
				t.Errorf("%d bytes arrived: %.100q", len(got[0].Data), got[0].Data)
			}
		})
	}
}

// TestPrepareForEveryTransport: Prepare sees what leaves by a connector's own transport as what leaves by
// SMTP, behind the header firewall; its error makes the message wait.
func TestPrepareForEveryTransport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		box := &double{}
		var broken atomic.Bool
		broken.Store(true)
		w := newWorld(t, config(byDNS(), mailboxes()), func(w *world) {
			w.tune = func(d *dispatch.Dispatcher) {
				d.ByConnector = map[string]delivery.Transport{"Mailboxes": box}
				w.sender.Prepare = func(_ context.Context, out *connector.Outbound, _ *envelope.Envelope, m *message.Message) error {
					if broken.Load() {
						return errors.New("no key")
					}
					if err := m.SetBody(io.MultiReader(m.Body(), strings.NewReader("The footer.\n"))); err != nil {
						return err
					}
					return m.Header().Prepend("X-Prepared: " + out.Name())
				}
			}
		})
		sink := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		text := "X-MS-Exchange-Organization-SCL: -1\r\n" + letter
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", text, nil, "1@box.example", "2@b.example"), "250")
		time.Sleep(time.Second)
		if got := w.queued(); got != "1@box.example waiting; 2@b.example waiting" || box.called() != "" || len(sink.Messages()) > 0 {
			t.Errorf("without a key: %s; called %q", got, box.called())
		}
		broken.Store(false)
		time.Sleep(time.Hour)
		if got := w.queued(); got != "" {
			t.Errorf("queued: %s", got)
		}
		want := letter + "The footer.\r\n"
		if got := box.received(); len(got) != 1 || got[0] != "X-Prepared: Mailboxes\r\n"+want {
			t.Errorf("the transport got %q", got)
		}
		if m := sink.Messages(); len(m) != 1 || string(m[0].Data) != "X-Prepared: out\r\n"+want {
			t.Errorf("by SMTP: %q", m)
		}
	})
}
