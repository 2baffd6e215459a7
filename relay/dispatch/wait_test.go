package dispatch_test

import (
	"testing"
	"time"
)

// TestWaitInVain: when a client has waited for a next hop in vain, the next ones
// don't, until the next hop has answered.
func TestWaitInVain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		late := w.sink("192.0.2.4", slow(45*time.Second), "slow.example")
		for _, step := range []struct {
			pause, took time.Duration
		}{
			{0, 30 * time.Second},               // nothing is known of the next hop
			{0, 0},                              // it kept a client waiting
			{0, 0},                              // it still does
			{5 * time.Minute, 30 * time.Second}, // it has taken all of them
		} {
			time.Sleep(step.pause)
			begun := time.Now()
			expect(t, "reply", w.mail(deliverFirst, "1@slow.example"), "250")
			if took := time.Since(begun); took != step.took {
				t.Errorf("answered after %v, want %v", took, step.took)
			}
		}
		time.Sleep(time.Hour)
		if n := len(late.Messages()); n != 4 {
			t.Errorf("%d messages arrived, want 4: %q", n, w.queued())
		}
	})
}
