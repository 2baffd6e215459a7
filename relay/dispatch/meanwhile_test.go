package dispatch_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// sluggish is a Store that takes a second for each message it is given.
func sluggish(w *world) {
	w.store = &faulty{Store: w.mem, fails: func(op string) error {
		if op == "put" {
			time.Sleep(time.Second)
		}
		return nil
	}}
}

// refusing is a next hop that refuses all recipients after a time.
func refusing(after time.Duration) *relaytest.Sink {
	return &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
		if s != relaytest.StageRcpt {
			return ""
		}
		time.Sleep(after)
		return "550 5.1.1 unknown"
	}}
}

// TestRefusedWhileReporting: a recipient that is refused while the report on
// another is being written is reported, too, whichever way the message came.
func TestRefusedWhileReporting(t *testing.T) {
	for _, via := range []string{queueFirst, deliverFirst} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, config(byDNS()), sluggish)
			home := w.home()
			w.sink("192.0.2.1", refusing(0), "b.example")
			// With queue first, an attempt begins when the message is on the queue;
			// with deliver first, the report is written when the delay ends.
			late := 500 * time.Millisecond
			if via == deliverFirst {
				late += 30 * time.Second
			}
			w.sink("192.0.2.2", refusing(late), "c.example")
			expect(t, "reply", w.mail(via, "1@b.example", "2@c.example"), "250")
			time.Sleep(time.Hour)
			all := strings.Join(reports(home), "\n")
			for _, to := range []string{"1@b.example", "2@c.example"} {
				if strings.Count(all, to+" failed 5.1.1") != 1 {
					t.Errorf("%s: reports on %s: %q", via, to, all)
				}
			}
			if q := w.queued(); q != "" {
				t.Errorf("queued: %q", q)
			}
		})
	}
}

// TestDeliveredWhileStopping: what a next hop takes while its message is put on
// the queue, because the dispatcher stops, doesn't come again after the restart.
func TestDeliveredWhileStopping(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()), sluggish)
		b := w.sink("192.0.2.1", slow(5500*time.Millisecond), "b.example")
		var client sync.WaitGroup
		client.Go(func() { expect(t, "reply", w.mail(deliverFirst, "1@b.example"), "250") })
		time.Sleep(5 * time.Second)
		w.stop() // at 5 seconds it is put, at 5.5 delivered, at 6 there
		client.Wait()
		if q := w.queued(); q != "" {
			t.Errorf("queued: %q", q)
		}
		w.start()
		time.Sleep(time.Hour)
		arrived(t, "in the end", b, 1)
	})
}
