package tally

import (
	"math/rand/v2"
	"testing"
	"time"
)

// start is when tests begin.
var start = time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)

// TestWindow compares Window with a list of all times: it never allows more than the limit in any
// length of time, and what it allows later is allowed by the list, too. Some is taken back. The clock may be set back at
// any time: what the list has then keeps its age.
func TestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for run := range 150 {
		w, limit := newWindow([]time.Duration{time.Minute, 24 * time.Hour}[r.IntN(2)]), 1+r.IntN(40)
		var all []time.Time
		now := start
		for range 300 {
			if back := time.Duration(r.Int64N(int64(3 * w.length))); run%3 == 0 && r.IntN(20) == 0 {
				now = now.Add(-back)
				for i := range all {
					all[i] = all[i].Add(-back)
				}
			}
			n := 1 + r.IntN(limit)
			at := w.Next(now, n, limit)
			if at.Before(now) || at.Sub(now) > w.length+w.length/parts {
				t.Fatalf("next is %v after now", at.Sub(now))
			}
			if again := w.Next(at, n, limit); !again.Equal(at) {
				t.Fatalf("at %v it is %v more", at, again.Sub(at))
			}
			recent := 0
			for _, then := range all {
				if at.Sub(then) < w.length {
					recent++
				}
			}
			if recent+n > limit {
				t.Fatalf("%d and %d more in %v, the limit is %d", recent, n, w.length, limit)
			}
			w.Add(n, at)
			now = at.Add(time.Duration(r.Int64N(int64(w.length / 5))))
			if r.IntN(5) == 0 {
				w.Remove(n, at, now)
				continue
			}
			for range n {
				all = append(all, at)
			}
		}
	}
}

// TestBefore1970: a clock that begins at 0 counts as well.
func TestBefore1970(t *testing.T) {
	w, now := newWindow(time.Minute), time.Unix(0, 0).Add(-time.Second)
	w.Add(3, now.Add(time.Hour))
	if n := w.Sum(now); n != 3 {
		t.Errorf("%d are counted", n)
	}
	if wait := w.Next(now, 1, 3).Sub(now); wait < time.Minute || wait > 63*time.Second {
		t.Errorf("the next waits for %v", wait)
	}
}
