package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const mailbox = "scan@contoso.com"

// freshTokens is a TokenSource that gives another token at each renewal, as Entra does.
type freshTokens struct{ renewed atomic.Int64 }

func (s *freshTokens) Token(context.Context) (auth.Secret, error) {
	return auth.Secret(fmt.Sprintf("good%d", s.renewed.Load())), nil
}

func (s *freshTokens) Renew(ctx context.Context, _ auth.Secret) (auth.Secret, error) {
	s.renewed.Add(1)
	return s.Token(ctx)
}

// office is a Dispatcher that sends mail for fabrikam.com through Microsoft 365, and reports to
// contoso.com.
type office struct {
	*world
	service *relaytest.Sink // smtp.office365.com
	user    string          // that logs on there
	local   *relaytest.Sink // of contoso.com
	tokens  atomic.Pointer[freshTokens]
	refuse  atomic.Pointer[func(relaytest.Stage) string]
	mu      sync.Mutex // of events and last
	events  map[event.Kind]int
	last    map[event.Kind]event.Event
}

// noLogon is the mechanism of a connector that Microsoft 365 knows by its certificate or address.
const noLogon auth.Mechanism = 0

func newOffice(t *testing.T, mechanism auth.Mechanism, change ...func(*connector.Send)) *office {
	t.Helper()
	o := &office{events: map[event.Kind]int{}, last: map[event.Kind]event.Event{}}
	space := func(s string) []routing.AddressSpace {
		return []routing.AddressSpace{routing.MustParseAddressSpace(s)}
	}
	out := connector.Send{Name: "Microsoft 365", AddressSpaces: space("*"), SmartHosts: smartHosts("smtp.office365.com"), Port: 587,
		SmartHostAuthMechanism: mechanism}
	if mechanism != noLogon {
		out.AuthenticationCredential, o.user = &param.Credential{UserName: mailbox}, mailbox
	}
	if mechanism.Has(auth.BasicAuthRequireTLS) {
		out.AuthenticationCredential.Password = "geheim"
	}
	for _, f := range change {
		f(&out)
	}
	o.tokens.Store(new(freshTokens))
	authority, err := relaytest.NewAuthority("trusted")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue("*.office365.com", "*.outlook.com", "outlook.com")
	if err != nil {
		t.Fatal(err)
	}
	o.world = newWorld(t, config(out, connector.Send{Name: "in", AddressSpaces: space("contoso.com"), SmartHosts: smartHosts("192.0.2.9")}), func(w *world) {
		w.tune = func(d *dispatch.Dispatcher) {
			sender := d.Transport.(*delivery.Sender)
			sender.RootCAs = authority.Pool()
			sender.Tokens = func(*connector.Outbound, param.SmartHost) delivery.TokenSource { return o.tokens.Load() }
			read := func(_ context.Context, e event.Event) {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.events[e.Kind]++
				o.last[e.Kind] = e
			}
			d.Events, sender.Events = []event.Reader{read}, []event.Reader{read}
		}
	})
	refuse := func(stage relaytest.Stage) string {
		if f := o.refuse.Load(); f != nil {
			return (*f)(stage)
		}
		return ""
	}
	o.service = relaytest.Office365{Certificate: &certificate, Mailbox: mailbox, Password: "geheim",
		Token: func(token string) bool { return strings.HasPrefix(token, "good") }, Refuse: refuse}.Sink()
	if mechanism == noLogon {
		o.service = &relaytest.Sink{Certificate: &certificate, Script: func(stage relaytest.Stage, _ string) string { return refuse(stage) }}
	}
	o.at("192.0.2.1", "smtp.office365.com")
	l, err := o.net.Listen("192.0.2.1:587")
	if err != nil {
		t.Fatal(err)
	}
	go o.service.Serve(l)
	t.Cleanup(func() { o.service.Close() })
	o.local = o.sink("192.0.2.9", &relaytest.Sink{})
	return o
}

// mail is a transaction of the mailbox.
func (o *office) mail(connector string, to ...string) string {
	o.t.Helper()
	return o.mailFrom(connector, mailbox, letter, nil, to...)
}

// seen returns how many events of a kind there were, and the last one.
func (o *office) seen(kind event.Kind) (int, event.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.events[kind], o.last[kind]
}

// refuseAt makes the service refuse at a stage; "": nothing.
func (o *office) refuseAt(at relaytest.Stage, reply string) {
	f := func(stage relaytest.Stage) string {
		if stage == at {
			return reply
		}
		return ""
	}
	o.refuse.Store(&f)
}

// TestHalfOpen: without an operator, the first attempt after the end of a pause sends all mail; and another
// password, by another policy, doesn't wait for it.
func TestHalfOpen(t *testing.T) {
	for _, renewed := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			o := newOffice(t, auth.BasicAuthRequireTLS)
			o.refuseAt(relaytest.StageAuth, "535 5.7.3 Authentication unsuccessful")
			for range 3 {
				expect(t, "reply", o.mail(deliverFirst, "1@fabrikam.com"), "250")
			}
			time.Sleep(6 * time.Minute) // pauses of 5 and 10 minutes
			refused := o.service.Connections()
			o.refuseAt("", "")
			wait := 10 * time.Minute
			if renewed {
				cfg := o.policy.Config()
				cfg.Send = slices.Clone(cfg.Send)
				cfg.Send[0].AuthenticationCredential = &param.Credential{UserName: "other@contoso.com", Password: "geheim"}
				o.d.SetPolicy(compile(t, cfg))
				wait = time.Second
			}
			time.Sleep(wait)
			if n := o.service.Connections(); refused != 2 || renewed && n != 3 || !renewed && n < 3 {
				t.Errorf("%d connections, then %d", refused, n)
			}
			if q := o.queued(); (q == "") == renewed { // the service knows the first mailbox only
				t.Errorf("renewed %t, queued: %s", renewed, q)
			}
		})
	}
}

// TestOtherTokens: another token of the same source doesn't end the pause of a refused logon. Another
// source, from other settings, does.
func TestOtherTokens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOffice(t, auth.OAuth)
		o.refuseAt(relaytest.StageAuth, "535 5.7.3 Authentication unsuccessful")
		hop, err := delivery.NextHopFor(o.policy, address("1@fabrikam.com"), 0)
		if err != nil {
			t.Fatal(err)
		}
		logOn := func(want int) {
			t.Helper()
			if _, err := o.sender.Open(context.Background(), hop.Connector(), routing.Domain{}); err == nil || o.service.Connections() != want {
				t.Errorf("%d connections, want %d; %v", o.service.Connections(), want, err)
			}
		}
		logOn(2) // one more with a new token
		o.tokens.Load().renewed.Add(1)
		logOn(2)
		o.tokens.Store(new(freshTokens))
		logOn(4)
	})
}

// TestForeignSender: Microsoft 365 takes no message with another sender than the mailbox, and the report
// names the right that is missing.
func TestForeignSender(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOffice(t, auth.OAuth)
		expect(t, "reply", o.mailFrom(queueFirst, "a@contoso.com", letter, nil, "1@fabrikam.com"), "250")
		time.Sleep(time.Minute)
		reports := o.local.Messages()
		if len(reports) != 1 || !strings.Contains(flat(reports[0].Data), "the right Send As") || len(o.service.Messages()) != 0 {
			t.Errorf("sent: %v, reports: %v", o.service.Messages(), reports)
		}
	})
}

// TestPausesWithoutQueue: a Sender alone refuses for now while a host is left alone, and says why.
func TestPausesWithoutQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOffice(t, auth.OAuth)
		o.refuseAt(relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.")
		hop, err := delivery.NextHopFor(o.policy, address("1@fabrikam.com"), 0)
		if err != nil {
			t.Fatal(err)
		}
		env := o.envelope(queueFirst, "a@contoso.com")
		var last error
		for range 5 {
			_, last = o.sender.Send(context.Background(), hop, &env.Envelope, env.To[:0:0], strings.NewReader(letter))
		}
		if last != nil || o.service.Connections() != 0 {
			t.Errorf("without recipients: %v", last)
		}
		to := append(env.To, rcpt("1@fabrikam.com"))
		for range 5 {
			_, last = o.sender.Send(context.Background(), hop, &env.Envelope, to, strings.NewReader(letter))
		}
		if n := o.service.Connections(); n != 1 || last == nil || !strings.Contains(last.Error(), "left alone until") ||
			!delivery.RetryAt(last).After(time.Now().Add(14*time.Minute)) {
			t.Errorf("%d connections, %v", n, last)
		}
		out := hop.Connector()
		if _, err := o.sender.Open(context.Background(), out, routing.Domain{}); err == nil || o.service.Connections() != 1 {
			t.Errorf("Open: %v", err)
		}
		o.sender.Retry()
		if _, err := o.sender.Open(context.Background(), out, routing.Domain{}); err == nil || o.service.Connections() != 2 {
			t.Errorf("Open after Retry: %v", err)
		}
	})
}

// TestPacing: with the preset the service gets what it permits in any minute, over three connections; clients
// of what must wait get their 250 at once, the queue says until when, and no failure is reported.
func TestPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOffice(t, auth.OAuth, func(s *connector.Send) {
			s.SmartHostLimits = param.SmartHostLimitsMicrosoft365
			s.SmtpMaxMessagesPerConnection = 1000 // the service sees the end of a connection a moment later
		})
		begun := time.Now()
		for range 70 {
			expect(t, "reply", o.mail(deliverFirst, "1@fabrikam.com"), "250")
		}
		time.Sleep(time.Second)
		if wait := time.Since(begun); wait > 2*time.Second || len(o.service.Messages()) != 30 {
			t.Errorf("%d messages after %v", len(o.service.Messages()), wait)
		}
		if q := o.d.Queues(); len(q) != 1 || q[0].Waiting != 40 || q[0].Failures != 0 || q[0].Paced.Sub(begun) < time.Minute || q[0].Paced.Sub(begun) > 63*time.Second {
			t.Errorf("queues: %+v", q)
		}
		for m, err := range o.d.List(context.Background(), queue.Filter{All: true}) {
			if r := m.Recipients[0]; err != nil || !strings.Contains(r.Reply, "at most 30 messages") || r.Next.IsZero() {
				t.Errorf("waiting: %+v, %v", r, err)
			}
		}
		time.Sleep(2*time.Minute + 10*time.Second)
		failed, _ := o.seen(event.NextHopFailed)
		if n := len(o.service.Messages()); n != 70 || o.service.Peak() > 3 || failed > 0 || o.queued() != "" {
			t.Errorf("%d messages, %d connections at once, %d failures; queued: %s", n, o.service.Peak(), failed, o.queued())
		}
	})
}
