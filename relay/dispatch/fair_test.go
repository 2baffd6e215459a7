package dispatch_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestThousandHops: of a thousand next hops every third one is dead, half of
// those by silence. The mail for the others doesn't wait for them.
func TestThousandHops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const hops, messages = 1000, 10_000
		w := newWorld(t, config(byDNS()))
		sink := w.sink("192.0.2.1", &relaytest.Sink{})
		for i := range hops {
			domain := fmt.Sprintf("d%d.example", i)
			switch i % 6 {
			case 0:
				w.at("192.0.2.2", domain) // refuses
			case 3:
				w.at("192.0.2.3", domain) // hangs
			default:
				w.at("192.0.2.1", domain)
			}
		}
		w.net.Silence(netip.MustParseAddrPort("192.0.2.3:25"))
		want := 0
		for i := range messages {
			if i%hops%3 != 0 {
				want++
			}
			expect(t, "reply", w.mail(queueFirst, fmt.Sprintf("%d@d%d.example", i, i%hops)), "250")
		}
		time.Sleep(time.Second) // a dead one takes half a minute to fail
		synctest.Wait()
		arrived(t, "after a second", sink, want)
		sink.Clear()
		time.Sleep(time.Hour)
		if q := w.d.Queues(); len(q) != (hops+2)/3 {
			t.Errorf("%d next hops with mail, want %d", len(q), (hops+2)/3)
		}
	})
}

// TestConnectionLimits: MaxPerDomainOutboundConnections and
// MaxOutboundConnections, counted where they arrive.
func TestConnectionLimits(t *testing.T) {
	for _, tc := range []struct{ total, perHop, peak, peakTotal int }{
		{100, 7, 7, 21},
		{10, 7, 7, 10},
		{2, 2, 2, 2},
	} {
		bubble(t, func(t *testing.T) {
			cfg := config(byDNS())
			cfg.Services = []connector.Service{{MaxOutboundConnections: param.Limit(tc.total), MaxPerDomainOutboundConnections: param.Limit(tc.perHop)}}
			w := newWorld(t, cfg)
			var sinks []*relaytest.Sink
			for i := range 3 {
				s := slow(time.Second)
				sinks = append(sinks, w.sink(fmt.Sprintf("192.0.2.%d", i+1), s, fmt.Sprintf("d%d.example", i)))
			}
			for i := range 240 {
				client := from(fmt.Sprintf("198.51.100.%d", i))
				expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, client, fmt.Sprintf("%d@d%d.example", i, i%3)), "250")
			}
			time.Sleep(time.Hour)
			total := 0
			for _, s := range sinks {
				arrived(t, "each", s, 80)
				if s.Peak() > tc.peak {
					t.Errorf("%d connections to one next hop, want %d", s.Peak(), tc.peak)
				}
				total += s.Peak()
			}
			if total < min(tc.peakTotal, 3*tc.peak)-1 {
				t.Errorf("%d connections to all, want %d", total, tc.peakTotal)
			}
		})
	}
}

// TestTooManyConnections: a next hop that refuses some connections is asked for
// fewer, and isn't taken for dead.
func TestTooManyConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		sem := make(chan struct{}, 5)
		s := &relaytest.Sink{}
		s.Script = func(stage relaytest.Stage, _ string) string {
			switch stage {
			case relaytest.StageConnect:
				select {
				case sem <- struct{}{}:
				default:
					return "421 4.7.0 too many connections"
				}
			case relaytest.StageData:
				time.Sleep(time.Second)
			}
			return ""
		}
		w.sink("192.0.2.1", s, "b.example")
		for i := range 100 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprintf("%d@b.example", i)), "250")
		}
		time.Sleep(40 * time.Second)
		arrived(t, "without waiting for a retry", s, 100)
	})
}

// TestReportsToTarpits: reports that go to hosts which take their time, a different one for
// each, don't keep mail from new next hops, nor all reports on the mail of others.
func TestReportsToTarpits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := config(byDNS())
		cfg.Services = []connector.Service{{MaxOutboundConnections: 40, MaxPerDomainOutboundConnections: 20}}
		w := newWorld(t, cfg)
		w.sink("192.0.2.1", hopB(), "b.example")
		w.sink("192.0.2.9", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
			if s == relaytest.StageMail {
				time.Sleep(50 * time.Second)
			}
			return ""
		}})
		for i := range 300 {
			domain := fmt.Sprintf("tarpit%d.example", i)
			w.at("192.0.2.9", domain)
			expect(t, "reply", w.mailFrom(queueFirst, "x@"+domain, letter, from("198.51.100.1"), "bad@b.example"), "250")
		}
		honest := w.sink("192.0.2.2", &relaytest.Sink{}, "mixed.example")
		expect(t, "reply", w.mailFrom(queueFirst, "x@mixed.example", letter, from("198.51.100.1"), "bad@b.example"), "250")
		time.Sleep(5 * time.Second)
		arrived(t, "a report that waits for its turn", honest, 0)
		w.at("192.0.2.2", "other.example")
		expect(t, "reply", w.mailFrom(queueFirst, "x@other.example", letter, from("198.51.100.2"), "bad@b.example"), "250")
		time.Sleep(time.Second)
		arrived(t, "a report on another's mail", honest, 1)
		for i := range 20 {
			domain := fmt.Sprintf("new%d.example", i)
			w.at("192.0.2.2", domain)
			expect(t, "reply", w.mail(queueFirst, "1@"+domain), "250")
		}
		expect(t, "reply", w.mail(queueFirst, "1@mixed.example"), "250")
		time.Sleep(time.Second)
		synctest.Wait()
		arrived(t, "while reports are in the tarpits", honest, 20+1+1)
		time.Sleep(2 * time.Hour)
		if q := w.queued(); q != "" {
			t.Errorf("queued: %.300q", q)
		}
	})
}
