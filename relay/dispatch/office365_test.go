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
	local   *relaytest.Sink // of contoso.com
	tokens  atomic.Pointer[freshTokens]
	refuse  atomic.Pointer[func(relaytest.Stage) string]
	mu      sync.Mutex // of events and last
	events  map[event.Kind]int
	last    map[event.Kind]event.Event
}

func newOffice(t *testing.T, mechanism auth.Mechanism, change ...func(*connector.Send)) *office {
	t.Helper()
	space := func(s string) []routing.AddressSpace {
		return []routing.AddressSpace{routing.MustParseAddressSpace(s)}
	}
	out := connector.Send{Name: "Microsoft 365", AddressSpaces: space("*"), SmartHosts: smartHosts("smtp.office365.com"), Port: 587,
		SmartHostAuthMechanism: mechanism, AuthenticationCredential: &param.Credential{UserName: mailbox}}
	if mechanism != auth.OAuth {
		out.AuthenticationCredential.Password = "geheim"
	}
	for _, f := range change {
		f(&out)
	}
	o := &office{events: map[event.Kind]int{}, last: map[event.Kind]event.Event{}}
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
	o.service = relaytest.Office365{Certificate: &certificate, Mailbox: mailbox, Password: "geheim",
		Token: func(token string) bool { return strings.HasPrefix(token, "good") },
		Refuse: func(stage relaytest.Stage) string {
			if f := o.refuse.Load(); f != nil {
				return (*f)(stage)
			}
			return ""
		}}.Sink()
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

// TestMicrosoft365 plays each reply of Microsoft 365 that means more than its code: what concerns the
// account makes all mail wait, the service isn't hammered, the alarm is raised once, and everybody
// learns the service's words and what to do; what concerns the message is reported at once.
func TestMicrosoft365(t *testing.T) {
	for _, tc := range []struct {
		stage  relaytest.Stage
		reply  string
		waits  bool
		alarms int
		most   int // connections in a day
		advice string
	}{
		{relaytest.StageAuth, "535 5.7.3 Authentication unsuccessful [AM0PR01]", true, 1, 60, "New-ServicePrincipal"},
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", true, 1, 30, "Set-TransportConfig"},
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", true, 1, 30, "Set-CASMailbox"},
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", true, 1, 30, "OAuth"},
		{relaytest.StageAuth, "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", true, 1, 30, "security defaults"},
		{relaytest.StageAuth, "550 5.7.30 Basic authentication is not supported for Client Submission.", true, 1, 30, "OAuth"},
		{relaytest.StageMail, "530 5.7.57 Client not authenticated to send mail.", true, 1, 30, "AuthenticationCredential"},
		{relaytest.StageData, "550 5.2.251 Sender throttled due to continuous mailbox full errors", true, 0, 20, "too many of its messages"},
		{relaytest.StageRcpt, "550 5.2.255 Sender throttled due to continuous invalid recipients errors", true, 0, 20, "too many of its messages"},
		{relaytest.StageData, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; daily", true, 0, 20, "10,000 recipients"},
		{relaytest.StageData, "432 4.3.2 Concurrent connections limit exceeded.", true, 0, 200, "three connections"},
		{relaytest.StageMail, "451 4.7.500 Server busy. Please try again later from [192.0.2.1].", true, 0, 30, ""},
		{relaytest.StageMail, "421 4.4.2 Connection dropped", true, 0, 200, ""},
		{relaytest.StageData, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", false, 0, 10, "the right Send As"},
		{relaytest.StageData, "554 5.2.252 SendAsDenied; scan@contoso.com not allowed to send as a@contoso.com", false, 0, 10, "the right Send As"},
		{relaytest.StageRcpt, "550 5.5.105 External sending is not supported", false, 0, 10, "High Volume Email"},
		{relaytest.StageRcpt, "550 5.7.64 TenantAttribution; Relay Access Denied", false, 0, 10, "inbound connector"},
		{relaytest.StageRcpt, "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization", false, 0, 10, "Direct Send"},
	} {
		for _, mechanism := range []auth.Mechanism{auth.BasicAuthRequireTLS, auth.OAuth} {
			t.Run(tc.reply[:9]+" "+mechanism.String(), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					o := newOffice(t, mechanism)
					o.refuseAt(tc.stage, tc.reply)
					for range 3 {
						expect(t, "reply", o.mail(queueFirst, "1@fabrikam.com", "2@fabrikam.com"), "250")
					}
					time.Sleep(24 * time.Hour)
					if n := o.service.Connections(); n > tc.most || n == 0 {
						t.Errorf("%d connections in a day, want at most %d", n, tc.most)
					}
					if n, _ := o.seen(event.LogonRefused); n != tc.alarms {
						t.Errorf("%d alarms, want %d", n, tc.alarms)
					}
					reports := o.local.Messages()
					if !tc.waits {
						if q := o.queued(); q != "" || len(reports) != 3 || !strings.Contains(flat(reports[0].Data), tc.advice) {
							t.Errorf("queued: %s; %d reports, want the advice %s in them:\n%v", q, len(reports), tc.advice, reports)
						}
						if _, e := o.seen(event.Refused); !strings.Contains(e.Advice, tc.advice) {
							t.Errorf("advice in the event: %q", e.Advice)
						}
						return
					}
					o.waiting(tc.reply, tc.advice)
					o.switchedOn()
				})
			})
		}
	}
}

// waiting expects all mail on the queue, with the service's words and the advice.
func (o *office) waiting(reply, advice string) {
	o.t.Helper()
	q := o.d.Queues()
	if len(q) != 1 || q[0].Waiting != 3 || q[0].Reply != reply || !strings.Contains(q[0].Advice, advice) || q[0].Retry.IsZero() {
		o.t.Errorf("queues: %+v, want %s (%s)", q, reply, advice)
	}
	for m, err := range o.d.List(context.Background(), queue.Filter{All: true}) {
		if err != nil || m.Report || m.Recipients[0].Reply != reply || m.Recipients[0].Host == "" {
			o.t.Errorf("waiting: %+v, %v", m, err)
		}
	}
	if _, e := o.seen(event.NextHopFailed); !strings.Contains(e.Advice, advice) {
		o.t.Errorf("advice in the event: %q", e.Advice)
	}
	delayed := 0
	for _, m := range o.local.Messages() {
		if text := flat(m.Data); strings.Contains(text, "Action: delayed") && strings.Contains(text, advice) && strings.Contains(text, reply[:9]) {
			delayed++
		}
	}
	if delayed != 3 {
		o.t.Errorf("%d reports of the delay", delayed)
	}
}

// switchedOn lets the service accept everything, and expects an operator's retry to have all mail
// sent at once.
func (o *office) switchedOn() {
	o.t.Helper()
	o.refuseAt("", "")
	if n, err := o.d.Retry(context.Background(), queue.Filter{All: true}, nil); n != 3 || err != nil {
		o.t.Errorf("Retry: %d, %v", n, err)
	}
	time.Sleep(time.Minute)
	sent := o.service.Messages()
	reachable, _ := o.seen(event.NextHopReachable)
	if q := o.queued(); q != "" || len(sent) != 3 || sent[0].User != mailbox || reachable == 0 {
		o.t.Errorf("queued: %s; %d messages of %v; %d times reachable", q, len(sent), sent, reachable)
	}
}

// flat returns the text of a report without its line ends.
func flat(data []byte) string { return strings.Join(strings.Fields(string(data)), " ") }

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
