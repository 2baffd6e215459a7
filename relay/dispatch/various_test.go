package dispatch_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestLoops: mail that would come back to this server fails or waits for an
// administrator, and is never sent.
func TestLoops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		c := watch(w)
		w.dns.AddMX("loop.example", 10, "hub.contoso.com")
		w.at("10.2.3.4", "self.example")
		expect(t, "by name", w.mail(deliverFirst, "1@loop.example"), "554 5.4.6")
		expect(t, "by address", w.mail(deliverFirst, "1@self.example"), "554 5.4.6")
		home := w.home()
		expect(t, "queue first", w.mail(queueFirst, "1@loop.example"), "250")
		time.Sleep(time.Second)
		if got := reports(home); len(got) != 1 || got[0] != "a@contoso.com: 1@loop.example failed 5.4.6" {
			t.Errorf("reports: %q", got)
		}
		self := byDNS()
		self.SmartHosts = smartHosts("10.2.3.4")
		w.d.SetPolicy(compile(t, config(self)))
		expect(t, "smart host", w.mail(deliverFirst, "1@b.example"), "250")
		if q := w.d.Queues(); len(q) != 1 || !strings.HasPrefix(q[0].Reply, "451 4.4.6") || q[0].Waiting != 1 {
			t.Errorf("queues: %+v", q)
		}
		if calls := c.to("10.2.3.4"); len(calls) != 0 {
			t.Errorf("this server called itself at %v", calls)
		}
	})
}

// TestManyRecipients: no transaction has more than 100, and who is too many for
// a next hop comes with the next one, at once.
func TestManyRecipients(t *testing.T) {
	for most, transactions := range map[int]int{1000: 3, 100: 3, 30: 9} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, config(byDNS()))
			n := 0
			s := &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
				switch s {
				case relaytest.StageMail:
					n = 0
				case relaytest.StageRcpt:
					if n++; n > most {
						return "452 4.5.3 Too many recipients"
					}
				}
				return ""
			}}
			w.sink("192.0.2.1", s, "b.example")
			var to []string
			for i := range 250 {
				to = append(to, fmt.Sprintf("%d@b.example", i))
			}
			cfg := config(byDNS())
			w.d.SetPolicy(compile(t, oneConnection(cfg)))
			expect(t, "reply", w.mail(deliverFirst, to...), "250")
			synctest.Wait()
			got := 0
			for _, m := range s.Messages() {
				got += len(m.To)
			}
			if q := w.queued(); got != 250 || len(s.Messages()) < transactions || q != "" {
				t.Errorf("at most %d: %d recipients in %d transactions, queued %q", most, got, len(s.Messages()), q)
			}
		})
	}
}

// TestDSNParametersPassOn: RET, ENVID, NOTIFY and ORCPT go to the next hop from
// the queue as they do directly.
func TestDSNParametersPassOn(t *testing.T) {
	for _, in := range []string{deliverFirst, queueFirst} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, config(byDNS()))
			b := w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
			expect(t, "reply", w.mailFrom(in, "a@contoso.com", letter, func(env *relay.Envelope) {
				env.Return, env.EnvID = envelope.ReturnHeader, "Q+2B1"
				env.To[0].Notify, env.To[0].ORcpt = envelope.NotifySuccess|envelope.NotifyDelay, "rfc822;x@y.example"
			}, "1@b.example"), "250")
			time.Sleep(time.Second)
			m := b.Messages()
			if len(m) != 1 || m[0].Ret != "HDRS" || m[0].EnvID != "Q+1" || !strings.Contains(m[0].RcptParams[0], "NOTIFY=SUCCESS,DELAY") ||
				!strings.Contains(m[0].RcptParams[0], "ORCPT=rfc822;x@y.example") {
				t.Errorf("%s: %+v", in, m)
			}
		})
	}
}

// TestLogIsPrintable: nothing that others wrote reaches the log as it is.
func TestLogIsPrintable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sink("192.0.2.1", answering(relaytest.StageRcpt, "", "550 5.1.1 \x1b[31mred\xff\t"), "b.example")
		w.net.Silence(netip.MustParseAddrPort("192.0.2.9:25"))
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, func(env *relay.Envelope) {
			env.From = address("\u202e@contoso.com")
			env.UTF8 = true
		}, "1@b.example"), "250")
		time.Sleep(time.Minute)
		log := w.log.String()
		if !strings.Contains(log, "msg=refused") || strings.ContainsFunc(log, func(c rune) bool { return c > '~' || c < ' ' && c != '\n' }) {
			t.Errorf("log: %q", log)
		}
	})
}

// TestClientGone: of a client that is gone before its message was settled
// nothing is queued.
func TestClientGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		b := w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
			if s == relaytest.StageMail {
				time.Sleep(20 * time.Second)
				return "450 4.2.0 later"
			}
			return ""
		}}, "b.example")
		ctx, cancel := timeout(10 * time.Second)
		defer cancel()
		env := w.envelope(deliverFirst, "a@contoso.com")
		env.To = append(env.To, rcpt("1@b.example"))
		if _, err := relay.Deliver(ctx, w.d, env, strings.NewReader(letter)); err == nil {
			t.Error("taken")
		}
		time.Sleep(time.Hour)
		arrived(t, "later", b, 0)
		if q := w.queued(); q != "" || len(w.d.Queues()) > 0 {
			t.Errorf("queued: %q, %+v", q, w.d.Queues())
		}
	})
}
