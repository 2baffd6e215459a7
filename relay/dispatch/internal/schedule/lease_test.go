package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// TestLeases: without leases no attempt starts; what another process has claimed is given
// up; what the Store doesn't know yet is kept.
func TestLeases(t *testing.T) {
	w := newWorld(t, config())
	w.script(unreachableHop)
	a, b, c := w.queue("", "a@b.example"), w.queue("", "b@b.example"), w.queue("", "c@b.example")
	var unknown []string
	w.event(func() {
		holder := w.s.BeginRenewal()
		unknown = w.s.Renewed(holder, []string{a.ID, c.ID, "OTHER"}, w.now.Add(LeaseTime), w.now)
	})
	equal(t, "unknown", unknown, "OTHER")
	if w.s.Find(b.ID) != nil || w.s.Find(a.ID) != a {
		t.Error("what another process has claimed is not given up")
	}
	w.attempts = nil
	w.run(time.Hour)
	equal(t, "attempts", w.attempts, "1 c@b.example")
	c.saveAt = w.now.Add(time.Minute) // a result couldn't be saved
	w.event(func() { w.s.LeasesLost("us-2", w.now.Add(time.Hour), w.now) })
	if w.s.Find(a.ID) != nil || w.s.Find(c.ID) != c {
		t.Errorf("kept: %v", w.s.Messages())
	}
	w.script(accept)
	w.event(func() {
		if !w.s.Reclaimed(&c.Message, "us-2", w.now) || w.s.Reclaimed(&a.Message, "us-2", w.now) {
			t.Error("the wrong messages are known")
		}
	})
	w.run(time.Hour)
	w.empty()
}

// TestKeepIDs compares how long a Store refuses the ID of a removed report with how long it
// takes until the report may be put there again: after a crash the leases expire, twice if
// the next process crashes too, and a failed save is repeated.
func TestKeepIDs(t *testing.T) {
	if again := 2*(LeaseTime+LeaseRenewal) + saveRetry; again > queue.KeepIDs {
		t.Errorf("a report may be put on the Store again after %v, and its ID is refused for %v", again, queue.KeepIDs)
	}
}

// TestArriving: a message that is being put on the Store when its lease is claimed again
// keeps the newer holder.
func TestArriving(t *testing.T) {
	w := newWorld(t, config())
	w.script(unreachableHop)
	m := w.message("", "a@contoso.com", "1@b.example")
	if holder, ok := w.s.BeginPut(m.ID); holder != "us" || !ok {
		t.Errorf("BeginPut: %q, %v", holder, ok)
	}
	if _, ok := w.s.BeginPut(m.ID); ok {
		t.Error("the same ID twice")
	}
	w.event(func() {
		w.s.SetHolder("us-2", w.now.Add(time.Hour))
		if !w.s.Reclaimed(&m.Message, "us-2", w.now) {
			t.Error("it isn't known")
		}
		w.s.Queued(m, w.now)
	})
	if m.holder != "us-2" {
		t.Errorf("holder %q", m.holder)
	}
}

// TestSave: a report is on the Store before the message says so, and is sent only when it
// does; a step that fails is repeated later.
func TestSave(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		again time.Duration // when the save is repeated; 0: never
		gone  bool
	}{
		"other failure":     {err: errStore, again: saveRetry},
		"full":              {err: fmt.Errorf("writing: %w", queue.ErrFull), again: saveRetry},
		"lease in question": {err: queue.ErrLease, again: LeaseRenewal},
		"removed":           {err: queue.ErrNotFound, gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, config())
			w.hop = nil
			m := w.message("", "a@contoso.com", "1@b.example", "2@b.example")
			m.Recipients[0].Status = queue.Failed
			w.s.Claimed(m, "us", w.now)
			if a, ok := w.s.Next(w.now).(Save); !ok || a.Message != m {
				t.Fatalf("next: %v", a)
			}
			step, ok := w.s.NextStep(m, w.now)
			if !ok || len(step.Reports) != 1 || step.Message != nil {
				t.Fatalf("first step: %+v", step)
			}
			r := w.report(m, &step.Reports[0])
			w.s.ReportStored(m, &step.Reports[0], r, w.now)
			step, ok = w.s.StepDone(m, &step, nil, w.now)
			if !ok || step.Reports != nil || !step.Message.Recipients[0].Reported || step.Remove {
				t.Fatalf("second step: %+v", step)
			}
			if w.s.Find(r.ID) != nil {
				t.Error("the report is sent before the message says that it was made")
			}
			if step, ok = w.s.StepDone(m, &step, tc.err, w.now); ok {
				t.Fatalf("third step: %+v", step)
			}
			var again time.Duration
			if !m.saveAt.IsZero() {
				again = m.saveAt.Sub(w.now)
			}
			if again != tc.again || (w.s.Find(m.ID) == nil) != tc.gone || (w.s.Find(r.ID) != nil) != tc.gone {
				t.Errorf("again after %v, want %v; message %v, report %v", again, tc.again, w.s.Find(m.ID), w.s.Find(r.ID))
			}
		})
	}
}
