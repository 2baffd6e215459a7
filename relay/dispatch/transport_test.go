package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// double is a Transport that records its calls and does what a test says.
type double struct {
	answer func(ctx context.Context, n int, body io.Reader) ([]delivery.Outcome, error) // nil: everything is delivered

	mu    sync.Mutex
	calls []string // next hop and recipients of each
	texts []string
}

func (t *double) Send(ctx context.Context, hop delivery.NextHop, _ *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]delivery.Outcome, error) {
	call := hop.String() + ":"
	for _, r := range to {
		call += " " + r.To.String()
	}
	t.mu.Lock()
	t.calls = append(t.calls, call)
	t.mu.Unlock()
	if t.answer != nil {
		return t.answer(ctx, len(to), body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts = append(t.texts, string(text))
	return make([]delivery.Outcome, len(to)), nil
}

// called returns the calls.
func (t *double) called() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.calls, "\n")
}

// received returns the texts of the messages.
func (t *double) received() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.texts)
}

// mailboxes is a Send connector for the domains box.example and box2.example.
func mailboxes() connector.Send {
	return connector.Send{Name: "Mailboxes", AddressSpaces: []routing.AddressSpace{
		routing.MustParseAddressSpace("box.example"), routing.MustParseAddressSpace("box2.example")}}
}

// withTransport gives the connector mailboxes a transport.
func withTransport(t delivery.Transport) func(*world) {
	return func(w *world) {
		w.tune = func(d *dispatch.Dispatcher) { d.ByConnector = map[string]delivery.Transport{"MAILBOXES": t} }
	}
}

// TestByConnector: one connector's transport gets its mail, in one attempt for all its domains and
// after the header firewall; other mail leaves by SMTP.
func TestByConnector(t *testing.T) {
	bubble(t, func(t *testing.T) {
		box := &double{}
		w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
		sink := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		text := "X-MS-Exchange-Organization-SCL: -1\r\n" + letter
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", text, nil, "1@box.example", "2@b.example", "3@box2.example"), "250")
		time.Sleep(time.Second)
		if got := box.called(); got != "Mailboxes: 1@box.example 3@box2.example" {
			t.Errorf("called: %q", got)
		}
		if got := box.received(); len(got) != 1 || got[0] != letter {
			t.Errorf("texts: %q", got)
		}
		arrived(t, "by SMTP", sink, 1)
		if got := w.queued(); got != "" {
			t.Errorf("queued: %s", got)
		}
		expect(t, "while the client waits", w.mail(deliverFirst, "1@box.example"), "250")
		if got := w.queued(); got != "" {
			t.Errorf("queued: %s", got)
		}
	})
}

// TestTransportOutcomes: what a transport returns decides about retries, refusals and reports, and no
// mistake of a transport loses mail.
func TestTransportOutcomes(t *testing.T) {
	refused := &relay.Error{Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "No such mailbox"}}
	full := &relay.Error{Reply: reply.Reply{Code: 452, Enhanced: [3]int{4, 2, 2}, Text: "Mailbox full"}}
	tests := []struct {
		name     string
		outcomes []delivery.Outcome
		err      error
		queued   string // of two recipients
		failures int    // of the next hop
	}{
		{"one over quota", []delivery.Outcome{{Err: full}, {}}, nil, "1@box.example waiting; 2@box.example delivered", 0},
		{"one refused", []delivery.Outcome{{Err: full}, {Err: fmt.Errorf("disk: %w", refused)}}, nil, "1@box.example waiting; 2@box.example failed", 0},
		{"not a relay.Error", []delivery.Outcome{{Err: io.ErrShortWrite}, {}}, nil, "1@box.example waiting; 2@box.example delivered", 0},
		{"reply out of range", []delivery.Outcome{{Err: &relay.Error{Reply: reply.Reply{Code: 250}}}, {}}, nil, "1@box.example waiting; 2@box.example delivered", 0},
		{"unreachable", nil, errors.New("no route"), "1@box.example waiting; 2@box.example waiting", 1},
		{"unreachable, with zero outcomes", make([]delivery.Outcome, 2), errors.New("no route"), "1@box.example waiting; 2@box.example waiting", 1},
		{"too few outcomes", make([]delivery.Outcome, 1), nil, "1@box.example waiting; 2@box.example waiting", 1},
		{"too many outcomes", make([]delivery.Outcome, 3), nil, "1@box.example waiting; 2@box.example waiting", 1},
		{"no outcomes", nil, nil, "1@box.example waiting; 2@box.example waiting", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				box := &double{answer: func(context.Context, int, io.Reader) ([]delivery.Outcome, error) { return tt.outcomes, tt.err }}
				w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
				w.at("192.0.2.9", "contoso.com") // where a report would go
				expect(t, "reply", w.mail(queueFirst, "1@box.example", "2@box.example"), "250")
				time.Sleep(time.Second)
				got, _, _ := strings.Cut(w.queued(), "; report")
				if got != tt.queued {
					t.Errorf("queued: %s; want %s", got, tt.queued)
				}
				failures := 0
				for _, q := range w.d.Queues() {
					if q.Name == "Mailboxes" {
						failures = q.Failures
					}
				}
				if failures != tt.failures {
					t.Errorf("the next hop has failed %d times, want %d", failures, tt.failures)
				}
			})
		})
	}
}

// TestTransportRefusesMessage: an error with a 5xx reply refuses the message for all recipients, which
// a client that waits hears at once.
func TestTransportRefusesMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		box := &double{answer: func(context.Context, int, io.Reader) ([]delivery.Outcome, error) {
			return nil, &relay.Error{Reply: reply.Reply{Code: 554, Enhanced: [3]int{5, 6, 0}, Text: "Virus found"}}
		}}
		w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
		expect(t, "reply", w.mail(deliverFirst, "1@box.example", "2@box.example"), "554 5.6.0 Virus found")
	})
}

// TestTransportRetried: a next hop that is no SMTP server is retried as one is, by the messages' one
// queue, and uses several connections once it works.
func TestTransportRetried(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var mu sync.Mutex
		down, active, peak := true, 0, 0
		box := &double{}
		box.answer = func(_ context.Context, n int, _ io.Reader) ([]delivery.Outcome, error) {
			mu.Lock()
			fails := down
			active++
			peak = max(peak, active)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			active--
			if fails {
				return nil, errors.New("out of order")
			}
			return make([]delivery.Outcome, n), nil
		}
		w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
		for i := range 100 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@box.example")), "250")
		}
		time.Sleep(4 * time.Minute)
		mu.Lock()
		if n := strings.Count(box.called(), "\n") + 1; n != 4 || peak != 1 {
			t.Errorf("%d calls, %d at once", n, peak)
		}
		mu.Unlock()
		q := w.d.Queues()
		if len(q) != 1 || q[0].Name != "Mailboxes" || q[0].Waiting != 100 || !strings.HasSuffix(q[0].Reply, ": out of order") {
			t.Errorf("queues: %+v", q)
		}
		mu.Lock()
		down = false
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		got := w.queued()
		mu.Lock()
		defer mu.Unlock()
		if got != "" || peak < 10 {
			t.Errorf("queued: %q, %d at once", got, peak)
		}
	})
}

// TestTransportUnreadable: a message that can't be read doesn't make its next hop look dead.
func TestTransportUnreadable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		box := &double{}
		w := newWorld(t, config(byDNS(), mailboxes()), func(w *world) {
			withTransport(box)(w)
			w.store = &breaking{Store: w.mem}
		})
		w.stop() // so that the body is on the Store only
		expect(t, "reply", w.mail(queueFirst, "1@box.example"), "250")
		w.start()
		time.Sleep(time.Second)
		if got := w.queued(); got != "1@box.example waiting" || box.called() == "" {
			t.Errorf("queued: %s; called: %s", got, box.called())
		}
		for _, q := range w.d.Queues() {
			if q.Failures > 0 {
				t.Errorf("queue: %+v", q)
			}
		}
	})
}

// TestTransportCutOff: Shutdown ends the context of an attempt, which says nothing about the next hop.
func TestTransportCutOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		box := &double{answer: func(ctx context.Context, _ int, _ io.Reader) ([]delivery.Outcome, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
		expect(t, "reply", w.mail(queueFirst, "1@box.example"), "250")
		time.Sleep(time.Second)
		ctx, cancel := timeout(time.Minute)
		defer cancel()
		if err := w.d.Shutdown(ctx); err != context.DeadlineExceeded {
			t.Errorf("Shutdown: %v", err)
		}
		if log := w.log.String(); strings.Contains(log, "next hop failed") {
			t.Errorf("log: %s", log)
		}
		box.answer = nil
		w.start()
		time.Sleep(time.Second)
		if got := w.queued(); got != "" {
			t.Errorf("queued: %s", got)
		}
	})
}

// TestTransportRecalled: a policy that sends mail elsewhere takes it away from a transport.
func TestTransportRecalled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		box := &double{answer: func(context.Context, int, io.Reader) ([]delivery.Outcome, error) {
			return nil, errors.New("out of order")
		}}
		w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
		sink := w.sink("192.0.2.1", &relaytest.Sink{}, "box.example")
		expect(t, "reply", w.mail(queueFirst, "1@box.example"), "250")
		time.Sleep(time.Second)
		narrow := mailboxes()
		narrow.AddressSpaces = narrow.AddressSpaces[1:]
		if err := w.d.SetPolicy(compile(t, config(byDNS(), narrow))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		arrived(t, "by SMTP", sink, 1)
	})
}

// TestTransportMistakes: Start and SetPolicy refuse transports that don't fit the policy.
func TestTransportMistakes(t *testing.T) {
	elsewhere := mailboxes()
	elsewhere.SourceTransportServers = []string{"other"}
	far := config(byDNS(), elsewhere)
	far.Servers = append(far.Servers, routing.Server{Name: "other", FQDN: "other.contoso.com", Site: "one"})
	tests := []struct {
		name        string
		byConnector map[string]delivery.Transport
		cfg         connector.Config
		want        string
	}{
		{"unknown", map[string]delivery.Transport{"Mailbox": &double{}}, config(byDNS(), mailboxes()),
			`Send["Mailbox"]: there is a transport for this Send connector, and the policy doesn't have it (transport)`},
		{"nil", map[string]delivery.Transport{"Mailboxes": nil}, config(byDNS(), mailboxes()),
			`Send["Mailboxes"]: the transport of this Send connector is nil (transport)`},
		{"twice", map[string]delivery.Transport{"Mailboxes": &double{}, "mailboxes": &double{}}, config(byDNS(), mailboxes()),
			`Send["mailboxes"]: this Send connector has two transports (transport)`},
		{"elsewhere", map[string]delivery.Transport{"Mailboxes": &double{}}, far,
			`Send["Mailboxes"]: there is a transport for this Send connector, which belongs to another server (transport)`},
	}
	for _, tt := range tests {
		d := &dispatch.Dispatcher{Transport: &double{}, ByConnector: tt.byConnector, Store: new(queuetest.Store), Policy: compile(t, tt.cfg)}
		if err := d.Start(context.Background()); err == nil || err.Error() != tt.want {
			t.Errorf("%s: Start: %v; want %s", tt.name, err, tt.want)
		}
	}
	bubble(t, func(t *testing.T) {
		box := &double{}
		w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
		if err := w.d.SetPolicy(compile(t, config(byDNS()))); err == nil {
			t.Error("a policy without the connector is accepted")
		}
		expect(t, "reply", w.mail(queueFirst, "1@box.example"), "250")
		time.Sleep(time.Second)
		if got := box.called(); got != "Mailboxes: 1@box.example" {
			t.Errorf("called: %q", got)
		}
	})
}

// breaking is a Store whose bodies can be opened but not read to their end.
type breaking struct{ queue.Store }

func (s *breaking) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	b, err := s.Store.Open(ctx, id)
	return brokenBody{b}, err
}

// brokenBody fails after the header.
type brokenBody struct{ io.ReadCloser }

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 50)])
	if err == io.EOF {
		err = errors.New("bad sector")
	}
	return n, err
}

// TestWrongCombinations: transports that can't work are refused before any mail is accepted, and a Server
// doesn't serve with a Dispatcher that isn't running.
func TestWrongCombinations(t *testing.T) {
	cfg := config(byDNS())
	cfg.Send[0].RequireTLS = true
	secured, open := compile(t, cfg), compile(t, config(byDNS()))
	lmtp := &delivery.LMTP{Network: "unix", Address: "/run/lmtp"}
	for name, tc := range map[string]struct {
		d    *dispatch.Dispatcher
		says string
	}{
		"RequireTLS":                  {&dispatch.Dispatcher{Transport: new(delivery.Sender), ByConnector: map[string]delivery.Transport{"OUT": lmtp}, Policy: secured}, "TLS"},
		"RequireTLS of the Transport": {&dispatch.Dispatcher{Transport: lmtp, Policy: secured}, "TLS"},
		"no address":                  {&dispatch.Dispatcher{Transport: new(delivery.LMTP), Policy: open}, "address is missing"},
		"nil":                         {&dispatch.Dispatcher{Transport: (*delivery.Sender)(nil), Policy: open}, "lacks its Transport"},
		"nil for a connector":         {&dispatch.Dispatcher{Transport: new(delivery.Sender), ByConnector: map[string]delivery.Transport{"out": (*delivery.LMTP)(nil)}, Policy: open}, "is nil"},
	} {
		tc.d.Store = new(queuetest.Store)
		if err := tc.d.Start(t.Context()); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := &dispatch.Dispatcher{Transport: lmtp, Store: new(queuetest.Store), Policy: open}
	server := func(h relay.Handler) error { return (&relay.Server{Handler: h}).SetPolicy(open) }
	if err := server(d); !errors.Is(err, dispatch.ErrStopped) {
		t.Errorf("before Start: %v", err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPolicy(secured); err == nil {
		t.Error("a policy that the transport doesn't fit is taken")
	}
	if err := server(d); err != nil {
		t.Error(err)
	}
	if err := d.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for name, h := range map[string]relay.Handler{"stopped": d, "nil Dispatcher": (*dispatch.Dispatcher)(nil), "nil Sender": (*delivery.Sender)(nil), "no backend": new(gosmtp.Handler)} {
		if err := server(h); err == nil {
			t.Errorf("a Server takes mail for a Handler: %s", name)
		}
	}
	if err := (&relay.Server{Handler: new(delivery.Sender), Reports: (*dispatch.Dispatcher)(nil)}).SetPolicy(open); err == nil {
		t.Error("a Server reports by a Handler that is nil")
	}
}
