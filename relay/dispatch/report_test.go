package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// home runs the next hop of the sender's domain, where reports arrive.
func (w *world) home() *relaytest.Sink {
	return w.sink("192.0.2.100", &relaytest.Sink{}, "contoso.com")
}

// reports returns the reports that have arrived: their fields Final-Recipient,
// Action and Status.
func reports(s *relaytest.Sink) (all []string) {
	for _, m := range s.Messages() {
		if m.From != "" || len(m.To) != 1 {
			all = append(all, "no report: "+m.String())
			continue
		}
		var on []string
		for line := range strings.Lines(string(m.Data)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch name {
			case "Final-Recipient":
				on = append(on, strings.TrimPrefix(value, "rfc822; "))
			case "Action", "Status":
				on[len(on)-1] += " " + value
			}
		}
		all = append(all, m.To[0]+": "+strings.Join(on, ", "))
	}
	return all
}

// notify sets NOTIFY of all recipients; "": not given.
func notify(value string) func(*relay.Envelope) {
	return func(env *relay.Envelope) {
		for i := range env.To {
			env.To[i].Notify, _ = envelope.ParseNotify(value)
		}
	}
}

// b is the next hop of the tests on reports.
func hopB() *relaytest.Sink {
	return &relaytest.Sink{Script: func(s relaytest.Stage, a string) string {
		switch {
		case s == relaytest.StageRcpt && strings.HasPrefix(a, "bad"):
			return "550 5.1.1 unknown"
		case s == relaytest.StageRcpt && strings.HasPrefix(a, "later"):
			return "450 4.2.0 later"
		}
		return ""
	}}
}

func TestReports(t *testing.T) {
	off := param.Value(false)
	for _, tc := range []struct {
		name, via, from, to string
		notify              string
		omit                []string // what the next hop lacks
		change              func(*connector.Config)
		reply               string
		want                []string // after three days
	}{
		{"mixed", deliverFirst, "a@contoso.com", "1@b.example bad@b.example", "", nil, nil, "250", []string{"a@contoso.com: bad@b.example failed 5.1.1"}},
		{"several", deliverFirst, "a@contoso.com", "1@b.example bad@b.example bad2@b.example", "", nil, nil, "250",
			[]string{"a@contoso.com: bad@b.example failed 5.1.1, bad2@b.example failed 5.1.1"}},
		{"queue first", queueFirst, "a@contoso.com", "bad@b.example", "", nil, nil, "250", []string{"a@contoso.com: bad@b.example failed 5.1.1"}},
		{"refused", deliverFirst, "a@contoso.com", "bad@b.example", "", nil, nil, "550", nil},
		{"null sender", deliverFirst, "", "1@b.example bad@b.example", "", nil, nil, "250", nil},
		{"null sender, queue first", queueFirst, "", "bad@b.example later@b.example", "SUCCESS,FAILURE,DELAY", nil, nil, "250", nil},
		{"NEVER", queueFirst, "a@contoso.com", "bad@b.example later@b.example", "NEVER", nil, nil, "250", nil},
		{"SUCCESS only", queueFirst, "a@contoso.com", "bad@b.example", "SUCCESS", nil, nil, "250", nil},
		{"SUCCESS, the next hop's affair", deliverFirst, "a@contoso.com", "1@b.example", "SUCCESS", nil, nil, "250", nil},
		{"SUCCESS, relayed", deliverFirst, "a@contoso.com", "1@b.example", "SUCCESS", []string{"DSN"}, nil, "250", []string{"a@contoso.com: 1@b.example relayed 2.0.0"}},
		{"SUCCESS, relayed from the queue", queueFirst, "a@contoso.com", "1@b.example 2@b.example", "SUCCESS", []string{"DSN"}, nil, "250",
			[]string{"a@contoso.com: 1@b.example relayed 2.0.0, 2@b.example relayed 2.0.0"}},
		{"SUCCESS, and the policy forbids it", deliverFirst, "a@contoso.com", "1@b.example", "SUCCESS", []string{"DSN"}, func(c *connector.Config) {
			c.Remote = []connector.RemoteDomain{{Name: "all", DomainName: "*", DeliveryReportEnabled: off}}
		}, "250", nil},
		{"delayed and expired", deliverFirst, "a@contoso.com", "later@b.example 1@b.example", "", nil, nil, "250",
			[]string{"a@contoso.com: later@b.example delayed 4.2.0", "a@contoso.com: later@b.example failed 4.4.7"}},
		{"no word of delays", deliverFirst, "a@contoso.com", "later@b.example", "FAILURE", nil, nil, "250",
			[]string{"a@contoso.com: later@b.example failed 4.4.7"}},
		{"delays are not told", deliverFirst, "a@contoso.com", "later@b.example", "", nil, func(c *connector.Config) {
			c.Transport.ExternalDelayDsnEnabled = off
		}, "250", []string{"a@contoso.com: later@b.example failed 4.4.7"}},
		{"failures are not told", deliverFirst, "a@contoso.com", "later@b.example 1@b.example bad@b.example", "", nil, func(c *connector.Config) {
			c.Remote = []connector.RemoteDomain{{Name: "all", DomainName: "*", NDREnabled: off}}
		}, "250", []string{"a@contoso.com: later@b.example delayed 4.2.0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				cfg := config(byDNS())
				if tc.change != nil {
					tc.change(&cfg)
				}
				w := newWorld(t, cfg)
				b := hopB()
				b.Omit = tc.omit
				w.sink("192.0.2.1", b, "b.example")
				home := w.home()
				expect(t, "reply", w.mailFrom(tc.via, tc.from, letter, notify(tc.notify), strings.Fields(tc.to)...), tc.reply)
				time.Sleep(72 * time.Hour)
				if got := reports(home); !slices.Equal(got, tc.want) {
					t.Errorf("reports: %q, want %q", got, tc.want)
				}
				if q := w.queued(); q != "" {
					t.Errorf("queued: %q", q)
				}
			})
		})
	}
}

// TestReportComesBeforeReply: when the client hears 250, the report on who
// refused is on the Store.
func TestReportComesBeforeReply(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sink("192.0.2.1", hopB(), "b.example")
		w.at("192.0.2.100", "contoso.com") // where no server listens
		expect(t, "reply", w.mail(deliverFirst, "1@b.example", "bad@b.example"), "250")
		if q := w.queued(); q != "report to a@contoso.com waiting" {
			t.Errorf("queued: %q", q)
		}
		expect(t, "reply", w.mail(deliverFirst, "1@b.example", "bad@b.example", "later@b.example"), "250")
		want := "report to a@contoso.com waiting; 1@b.example delivered; bad@b.example failed; later@b.example waiting; report to a@contoso.com waiting"
		if q := w.queued(); len(q) != len(want) {
			t.Errorf("queued: %q, want %q", q, want)
		}
		for m, err := range w.mem.All(context.Background()) {
			for _, r := range m.Recipients {
				if err != nil || r.Status == queue.Failed && !r.Reported {
					t.Errorf("%v was not reported (%v)", r.To, err)
				}
			}
		}
		time.Sleep(72 * time.Hour) // reports on reports would be there now
		if q := w.queued(); q != "" && !strings.HasPrefix(q, "report") {
			t.Errorf("queued: %q", q)
		}
	})
}

// TestRefusedReport: a report that its sender's host refuses is the end of it.
func TestRefusedReport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sink("192.0.2.1", hopB(), "b.example")
		w.sink("192.0.2.100", answering(relaytest.StageRcpt, "", "550 5.1.1 who?"), "contoso.com")
		expect(t, "reply", w.mail(queueFirst, "bad@b.example"), "250")
		time.Sleep(time.Minute)
		if q := w.queued(); q != "" {
			t.Errorf("queued: %q", q)
		}
	})
}

// TestLargeOriginal: of a large message the header is returned.
func TestLargeOriginal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := config(byDNS())
		cfg.Transport.ExternalDsnMaxMessageAttachSize = param.Value(100 * param.KB)
		w := newWorld(t, cfg)
		w.sink("192.0.2.1", hopB(), "b.example")
		home := w.home()
		filler := strings.Repeat("0123456789abcdef\r\n", 1000)
		for range 2 {
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter+filler, nil, "bad@b.example"), "250")
			filler += strings.Repeat(filler, 20)
		}
		time.Sleep(time.Minute)
		m := home.Messages()
		if len(m) != 2 {
			t.Fatalf("%d reports", len(m))
		}
		for _, m := range m {
			whole := strings.Contains(string(m.Data), "0123456789abcdef")
			if !strings.Contains(string(m.Data), "Subject: hello") || whole != (len(m.Data) > 18_000) || len(m.Data) > 60_000 {
				t.Errorf("report of %d bytes, whole: %v", len(m.Data), whole)
			}
		}
	})
}

// TestOriginalOnce: of two reports on one message only the first has all of it.
func TestOriginalOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		later := answering(relaytest.StageRcpt, "", "451 4.7.1 not yet")
		w.sink("192.0.2.1", hopB(), "b.example")
		w.sink("192.0.2.2", later, "c.example")
		home := w.home()
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, nil, "bad@b.example", "slow@c.example"), "250")
		time.Sleep(3 * 24 * time.Hour) // in which the second one expires
		var bodies []bool
		for _, m := range home.Messages() {
			if strings.Contains(string(m.Data), "Action: failed") {
				bodies = append(bodies, strings.Contains(string(m.Data), "\r\nHi.\r\n"))
			}
		}
		if len(bodies) != 2 || !bodies[0] || bodies[1] {
			t.Errorf("reports with the whole message: %v", bodies)
		}
	})
}
