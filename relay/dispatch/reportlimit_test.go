package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// large is a message of somewhat more than 200 KB.
func large(header string) string {
	return header + letter + strings.Repeat("The same line, over and over again.\r\n", 200<<10/37)
}

// wayBack is a Send connector for the senders' domain.
func wayBack(limit param.Size) connector.Send {
	return connector.Send{Name: "back", MaxMessageSize: limit, AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("contoso.com")}}
}

// TestReportLimits: a report on a message that was accepted comes back, whatever sizes
// the policy or the next hop allow: as a whole, or else with the header of the message.
func TestReportLimits(t *testing.T) {
	refusal := func(stage relaytest.Stage, reply string) *relaytest.Sink {
		n := 0
		return &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
			if s != stage {
				return ""
			}
			if n++; n > 1 {
				return ""
			}
			return reply
		}}
	}
	for name, tc := range map[string]struct {
		home    *relaytest.Sink
		connect param.Size // limit of the Send connector
		all     param.Size // limit of the organisation
		header  string     // that the message begins with
		end     string     // of its body
		body    envelope.BodyType
		whole   bool
	}{
		"the connector's limit":       {home: &relaytest.Sink{}, connect: 64 * param.KB, whole: true},
		"the organisation's limit":    {home: &relaytest.Sink{}, all: 205_500, whole: true},
		"announced by the next hop":   {home: &relaytest.Sink{MaxSize: 100 << 10}},
		"refused at MAIL":             {home: refusal(relaytest.StageMail, "552 5.3.4 message size exceeds limit")},
		"refused at RCPT":             {home: refusal(relaytest.StageRcpt, "552 too much for this mailbox")},
		"refused after DATA":          {home: refusal(relaytest.StageData, "550 5.2.3 too long for the recipient")},
		"refused with the old code":   {home: refusal(relaytest.StageData, "552 exceeded storage allocation")},
		"refused with another code":   {home: refusal(relaytest.StageData, "523 the message is too long")},
		"too large for now":           {home: refusal(relaytest.StageMail, "452 4.3.4 too large at this hour")},
		"refused for its form":        {home: refusal(relaytest.StageData, "554 5.6.0 attachments of that kind aren't taken")},
		"refused for its content":     {home: refusal(relaytest.StageData, "550 5.7.1 a virus was found")},
		"refused without a status":    {home: refusal(relaytest.StageData, "554 no")},
		"refused at DATA":             {home: refusal(relaytest.StageDataInit, "554 5.7.1 no")},
		"8 bit and the next hop 7bit": {home: &relaytest.Sink{Omit: []string{"8BITMIME", "SMTPUTF8"}}, header: "X-Name: J\xe4ger\r\n", body: envelope.EightBitMIME, whole: true},
		"signed and 8 bit, and the next hop 7bit": {home: &relaytest.Sink{Omit: []string{"8BITMIME", "SMTPUTF8"}},
			header: "Content-Type: multipart/signed\r\n", end: "J\xe4ger\r\n", body: envelope.EightBitMIME},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				cfg := config(byDNS(), wayBack(tc.connect))
				cfg.Transport.MaxSendSize = tc.all
				w := newWorld(t, cfg)
				home := w.sink("192.0.2.100", tc.home, "contoso.com")
				w.sink("192.0.2.1", hopB(), "b.example")
				expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", large(tc.header)+tc.end, func(env *relay.Envelope) { env.Body = tc.body }, "bad@b.example"), "250")
				time.Sleep(time.Second)
				if got := strings.Join(reports(home), "; "); got != "a@contoso.com: bad@b.example failed 5.1.1" {
					t.Fatalf("reports: %q\n%s", got, w.log.String())
				}
				data := string(home.Messages()[0].Data)
				if whole := strings.Contains(data, "over and over again"); whole != tc.whole || !strings.Contains(data, "Subject: hello") {
					t.Errorf("the report has all of the message: %v, want %v", whole, tc.whole)
				}
				if q := w.queued(); q != "" {
					t.Errorf("queued: %q", q)
				}
			})
		})
	}
}

// TestReportLog: the log says that a report was sent when a next hop has it, and
// why one is given up.
func TestReportLog(t *testing.T) {
	for reply, want := range map[string]string{
		"":                           `msg="delivery report sent"`,
		"550 5.1.1 who?":             `msg="delivery report can't be delivered"`,
		"552 5.3.4 even that's much": `msg="delivery report can't be delivered"`,
	} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, config(byDNS()))
			w.sink("192.0.2.1", hopB(), "b.example")
			w.at("192.0.2.100", "contoso.com") // where no server listens yet
			expect(t, "reply", w.mail(queueFirst, "bad@b.example"), "250")
			time.Sleep(30 * time.Second)
			log := w.log.String()
			if !strings.Contains(log, `msg="delivery report queued"`) || strings.Contains(log, "sent") || strings.Contains(log, "told") {
				t.Errorf("before a next hop has the report:\n%s", log)
			}
			w.sink("192.0.2.100", answering(relaytest.StageMail, "", reply))
			time.Sleep(2 * time.Minute)
			if log := w.log.String(); !strings.Contains(log, want) || reply != "" && (strings.Contains(log, "report sent") || !strings.Contains(log, reply)) {
				t.Errorf("%q: the log says\n%s", reply, log)
			}
			if q := w.queued(); q != "" {
				t.Errorf("queued: %q", q)
			}
		})
	}
}

// TestFailsByRouting: what can't be sent any more, because the policy changes while
// it waits, is reported at once.
func TestFailsByRouting(t *testing.T) {
	smaller := func() connector.Config {
		s := byDNS()
		s.MaxMessageSize = 64 * param.KB
		return config(s, wayBack(0))
	}
	for name, tc := range map[string]struct {
		to     string
		before func(w *world) // between the message and the new policy
		change func(*connector.Config)
		after  func(w *world)
		want   []string // reports
	}{
		"one recipient":  {to: "1@down.example", want: []string{"1@down.example failed 5.3.4"}},
		"two recipients": {to: "1@down.example 2@down.example", want: []string{"1@down.example failed 5.3.4, 2@down.example failed 5.3.4"}},
		"put off by the next hop": {to: "later@b.example", before: func(*world) { time.Sleep(time.Minute) },
			after: func(*world) { time.Sleep(5 * time.Minute) }, want: []string{"later@b.example failed 5.3.4"}},
		"one of two": {to: "1@down.example 1@elsewhere.example", change: func(c *connector.Config) {
			s := byDNS()
			s.Name, s.AddressSpaces = "other", []routing.AddressSpace{routing.MustParseAddressSpace("elsewhere.example")}
			c.Send = append(c.Send, s)
		}, want: []string{"1@down.example failed 5.3.4"}},
		"suspended, and resumed": {to: "1@down.example", before: func(w *world) {
			w.d.Suspend(context.Background(), queue.Filter{All: true}, nil)
		}, after: func(w *world) {
			if got := w.queued(); got != "1@down.example waiting" {
				w.t.Errorf("while it is held: queued %q", got)
			}
			w.d.Resume(context.Background(), queue.Filter{All: true}, nil)
		}, want: []string{"1@down.example failed 5.3.4"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, config(byDNS(), wayBack(0)))
				home := w.home()
				w.sink("192.0.2.1", hopB(), "b.example")
				w.at("192.0.2.2", "down.example", "elsewhere.example")
				expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", large(""), nil, strings.Fields(tc.to)...), "250")
				time.Sleep(30 * time.Second)
				if tc.before != nil {
					tc.before(w)
				}
				cfg := smaller()
				if tc.change != nil {
					tc.change(&cfg)
				}
				w.d.SetPolicy(compile(t, cfg))
				if tc.after != nil {
					tc.after(w)
				}
				time.Sleep(time.Second)
				var want []string
				for _, on := range tc.want {
					want = append(want, "a@contoso.com: "+on)
				}
				if got := reports(home); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("reports: %q, want %q", got, want)
				}
				if log := w.log.String(); !strings.Contains(log, "msg=refused") || !strings.Contains(log, `error="552 5.3.4`) {
					t.Errorf("the log doesn't say why:\n%s", log)
				}
				if q := w.queued(); len(tc.want) == 1 && tc.change == nil && q != "" {
					t.Errorf("queued: %q", q)
				}
			})
		})
	}
}
