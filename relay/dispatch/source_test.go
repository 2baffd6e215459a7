package dispatch_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// from lets a message come from a client at an address.
func from(address string) func(*relay.Envelope) {
	return func(env *relay.Envelope) {
		env.Remote = netip.AddrPortFrom(netip.MustParseAddr(address), 40_000)
	}
}

// tight is a configuration with 40 connections, 20 of them to one next hop.
func tight() connector.Config {
	cfg := config(byDNS())
	cfg.Services = []connector.Service{{MaxOutboundConnections: 40, MaxPerDomainOutboundConnections: 20}}
	return cfg
}

// pit takes nearly five minutes for the answer to MAIL, but for the first few.
type pit struct {
	mu            sync.Mutex
	quick         int // how many get their answer at once
	waiting, most int // clients that wait for the answer, and the most there were
}

func (p *pit) answer(s relaytest.Stage, _ string) string {
	if s != relaytest.StageMail {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quick--; p.quick >= 0 {
		return ""
	}
	p.waiting++
	p.most = max(p.most, p.waiting)
	p.mu.Unlock()
	time.Sleep(290 * time.Second)
	p.mu.Lock()
	p.waiting--
	return ""
}

// TestTarpitsOfOneSource: a client that may relay sends mail to next hops which take
// their time, some after they have answered quickly once. The mail of other clients goes out
// meanwhile: to next hops that are new, and to a next hop for which the first client has much
// mail that waits. Addresses of one IPv6 network are one client.
func TestTarpitsOfOneSource(t *testing.T) {
	for _, quick := range []int{0, 1} {
		t.Run(fmt.Sprint("quick ", quick), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, tight())
				greedy := func(i int) func(*relay.Envelope) { return from(fmt.Sprintf("2001:db8:1:2::%x", i+1)) }
				const pits, each = 30, 20
				for i := range pits {
					w.sink(fmt.Sprintf("192.0.2.%d", 100+i), &relaytest.Sink{Script: (&pit{quick: quick}).answer}, fmt.Sprintf("tarpit%d.example", i))
				}
				for i := range pits * (quick + each) {
					expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, greedy(i), fmt.Sprintf("%d@tarpit%d.example", i, i%pits)), "250")
					if i < pits*quick {
						synctest.Wait()
					}
				}
				time.Sleep(time.Second)
				honest := w.sink("192.0.2.2", &relaytest.Sink{}, "hub.example")
				for i := range 500 {
					expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, greedy(i), fmt.Sprintf("g%d@hub.example", i)), "250")
				}
				for i := range 20 {
					domain := fmt.Sprintf("new%d.example", i)
					w.at("192.0.2.2", domain)
					expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), "1@"+domain), "250")
					expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("2001:db8:1:3::1"), fmt.Sprintf("%d@hub.example", i)), "250")
				}
				time.Sleep(time.Second)
				synctest.Wait()
				others := 0
				for _, m := range honest.Messages() {
					if !strings.HasPrefix(m.To[0], "g") {
						others++
					}
				}
				if others != 40 {
					t.Errorf("%d messages of others arrived while the tarpits are at it, want 40", others)
				}
				time.Sleep(36 * time.Hour)
				if q := w.queued(); q != "" || w.d.Remains() != "" {
					t.Errorf("queued: %.300q, %s", q, w.d.Remains())
				}
			})
		})
	}
}

// TestShareOfReports: reports never get more than an eighth of the connections, whatever
// the next hops that strangers had them sent to have answered before.
func TestShareOfReports(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, tight())
		w.sink("192.0.2.1", hopB(), "b.example")
		p := pit{quick: 10}
		w.sink("192.0.2.9", &relaytest.Sink{Script: p.answer})
		for i := range 300 {
			domain := fmt.Sprintf("tarpit%d.example", i%10)
			w.at("192.0.2.9", domain)
			expect(t, "reply", w.mailFrom(queueFirst, "x@"+domain, letter, from(fmt.Sprintf("198.51.100.%d", i%200)), "bad@b.example"), "250")
			synctest.Wait()
		}
		time.Sleep(time.Second)
		p.mu.Lock()
		if p.most != 40/8 {
			t.Errorf("%d connections with reports, want %d", p.most, 40/8)
		}
		p.mu.Unlock()
		time.Sleep(36 * time.Hour)
		if q := w.queued(); q != "" {
			t.Errorf("queued: %.300q", q)
		}
	})
}

// TestSourcesTakeTurns: one source has a thousand messages for a next hop that takes one at
// a time. The message of another source is the next but one.
func TestSourcesTakeTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, oneConnection(config(byDNS())))
		s := w.sink("192.0.2.1", slow(time.Second), "b.example")
		for i := range 1000 {
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), fmt.Sprintf("%d@b.example", i)), "250")
		}
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.2"), "other@b.example"), "250")
		time.Sleep(3500 * time.Millisecond)
		found := false
		for _, m := range s.Messages() {
			found = found || m.To[0] == "other@b.example"
		}
		if !found {
			t.Errorf("%d messages arrived, the other's isn't among them", len(s.Messages()))
		}
	})
}

// TestShareComesBack: what waited until its source may have more connections goes as soon as
// there is room.
func TestShareComesBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, tight())
		w.net.Silence(netip.MustParseAddrPort("192.0.2.3:25"))
		for i := range 100 {
			domain := fmt.Sprintf("silent%d.example", i)
			w.at("192.0.2.3", domain)
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), "1@"+domain), "250")
		}
		s := w.sink("192.0.2.2", &relaytest.Sink{}, "b.example")
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), "1@b.example"), "250")
		synctest.Wait()
		arrived(t, "while the silent ones have the share", s, 0)
		time.Sleep(10 * time.Minute)
		arrived(t, "after the silent ones have failed", s, 1)
	})
}

// TestTurnAtAProvenHop: mail that waited because its source had too many connections to next
// hops in doubt goes as soon as its own next hop has answered another source and the source
// may have one more connection at all.
func TestTurnAtAProvenHop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, tight())
		greedy := func(to string) {
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), to), "250")
		}
		w.sink("192.0.2.3", slow(time.Minute), "slow.example")
		greedy("1@slow.example")
		time.Sleep(2 * time.Minute)
		w.sink("192.0.2.9", &relaytest.Sink{Script: (&pit{}).answer})
		for i := range 40 {
			domain := fmt.Sprintf("tarpit%d.example", i)
			w.at("192.0.2.9", domain)
			greedy("1@" + domain)
		}
		hub := w.sink("192.0.2.2", &relaytest.Sink{}, "hub.example")
		greedy("1@hub.example")
		for i := range 20 {
			greedy(fmt.Sprintf("%d@slow.example", i))
		}
		synctest.Wait()
		arrived(t, "while all its connections are in use", hub, 0)
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.2"), "2@hub.example"), "250")
		time.Sleep(2 * time.Minute)
		arrived(t, "while only those to the tarpits are in use", hub, 2)
		time.Sleep(time.Hour)
	})
}

// TestSlowMailOfOneSource: all mail goes to one smart host, where that of one source takes
// long. The mail of others goes at once, and all the time.
func TestSlowMailOfOneSource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, tight())
		s := w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, argument string) string {
			if s == relaytest.StageRcpt && strings.HasPrefix(argument, "slow") {
				time.Sleep(4 * time.Minute)
			}
			return ""
		}}, "b.example")
		expect(t, "reply", w.mail(queueFirst, "a@b.example"), "250")
		synctest.Wait()
		for i := range 100 {
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.1"), fmt.Sprintf("slow%d@b.example", i)), "250")
		}
		for i := range 100 {
			expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, from("198.51.100.2"), fmt.Sprintf("%d@b.example", i)), "250")
		}
		time.Sleep(time.Minute)
		arrived(t, "of another source", s, 1+100)
		time.Sleep(time.Hour)
		arrived(t, "in the end", s, 1+200)
	})
}
