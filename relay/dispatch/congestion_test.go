package dispatch_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// crowd is a next hop that takes some messages at a time.
type crowd struct {
	takes       int
	soon, later time.Duration // how long it takes to refuse and to accept one
	refusal     string

	mu         sync.Mutex
	busy, peak int
	tried      int
}

func (c *crowd) script(s relaytest.Stage, _ string) string {
	if s != relaytest.StageData {
		return ""
	}
	c.mu.Lock()
	c.tried++
	c.busy++
	c.peak = max(c.peak, c.busy)
	over := c.busy > c.takes
	c.mu.Unlock()
	if over {
		time.Sleep(c.soon)
	} else {
		time.Sleep(c.later)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	if over {
		return c.refusal
	}
	return ""
}

// numbers returns how many messages were tried, and the most at a time since the
// last call.
func (c *crowd) numbers() (tried, peak int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	peak, c.peak = c.peak, 0
	return c.tried, peak
}

// TestCrowdedHop: a next hop that says that too much comes at once gets less at a
// time, also when it fails in between, and all of it soon.
func TestCrowdedHop(t *testing.T) {
	for name, c := range map[string]*crowd{
		"refuses soon":  {takes: 3, soon: 50 * time.Millisecond, later: 300 * time.Millisecond, refusal: "432 4.3.2 Concurrent connections limit exceeded"},
		"refuses later": {takes: 3, soon: time.Second, later: 300 * time.Millisecond, refusal: "432 4.3.2 sender thread limit exceeded"},
		"in words":      {takes: 2, soon: 50 * time.Millisecond, later: 300 * time.Millisecond, refusal: "451 4.7.0 Too many concurrent deliveries"},
		"by 421":        {takes: 2, soon: 50 * time.Millisecond, later: 300 * time.Millisecond, refusal: "421 4.3.2 too busy"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, config(byDNS()))
				sink := w.sink("192.0.2.1", &relaytest.Sink{Script: c.script}, "b.example")
				for i := range 40 {
					expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@b.example")), "250")
				}
				time.Sleep(time.Minute)
				arrived(t, "after a minute", sink, 40)
				if tried, _ := c.numbers(); tried > 100 {
					t.Errorf("%d attempts for 40 messages", tried)
				}
				for i := range 40 {
					expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@b.example")), "250")
				}
				time.Sleep(time.Minute)
				arrived(t, "after another one", sink, 80)
				if _, peak := c.numbers(); peak > c.takes+1 {
					t.Errorf("it is given %d at a time again, and takes %d", peak, c.takes)
				}
				if s := w.queued(); s != "" {
					t.Errorf("queued: %q", s)
				}
			})
		})
	}
}

// TestFullHop: one that takes nothing at all is asked once per interval, and every
// message keeps its words.
func TestFullHop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		c := &crowd{takes: 0, refusal: "432 4.3.2 no more today"}
		w.sink("192.0.2.1", &relaytest.Sink{Script: c.script}, "b.example")
		for i := range 100 {
			expect(t, "reply", w.mail(queueFirst, fmt.Sprint(i, "@b.example")), "250")
		}
		time.Sleep(4*time.Minute - time.Second)
		if tried, _ := c.numbers(); tried > 4 {
			t.Errorf("%d attempts in four minutes", tried)
		}
		if q := w.d.Queues(); len(q) != 1 || q[0].Waiting != 100 || !strings.Contains(q[0].Reply, "no more today") {
			t.Errorf("queues: %+v", q)
		}
	})
}

// TestCauses: the queue says why a next hop can't be reached, each cause once.
func TestCauses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.at("192.0.2.3", "down.example")
		w.at("192.0.2.4", "mute.example")
		w.sink("192.0.2.4", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
			if s == relaytest.StageHello {
				return relaytest.Hang
			}
			return ""
		}})
		w.sink("192.0.2.5", answering(relaytest.StageConnect, "", "554 5.7.1 not from you"), "refuses.example")
		for domain, want := range map[string]string{
			"down.example":    "451 4.4.1 Next hop could not be reached: down.example: 192.0.2.3:25: connection refused",
			"mute.example":    "451 4.4.2 Connection to the next hop was lost: mute.example: EHLO: no answer within 5m0s",
			"refuses.example": "554 5.7.1 not from you",
		} {
			expect(t, "reply", w.mail(queueFirst, "a@"+domain), "250")
			time.Sleep(6 * time.Minute)
			for _, q := range w.d.Queues() {
				if strings.HasSuffix(q.Name, domain) && q.Reply != want {
					t.Errorf("%s: %q, want %q", domain, q.Reply, want)
				}
			}
		}
		for _, line := range strings.Split(w.log.String(), "\n") {
			if strings.Contains(line, "level=WARN") && !strings.Contains(line, `"next hop failed" hop=`) && !strings.Contains(line, "msg=deferred") {
				t.Errorf("log: %s", line)
			}
		}
	})
}
