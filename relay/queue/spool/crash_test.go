package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// small makes segments and bodies so small that a short script has all there
// is: several segments, files, compaction.
func small(log io.Writer) Options {
	return Options{SegmentSize: 3000, LargeBody: 300, Logger: slog.New(slog.NewTextHandler(log, nil))}
}

// fate records the calls about one message, and which of them were acknowledged. The
// state of a message is the number of attempts of its recipient.
type fate struct {
	body    string
	put     bool // acknowledged
	removed bool // Remove was called
	asked   int  // the newest state that Save was called with
	saved   int  // the newest that was acknowledged
}

// ledger is what happened to all messages.
type ledger struct {
	mu    sync.Mutex
	fates map[string]*fate
}

func newLedger() *ledger { return &ledger{fates: make(map[string]*fate)} }

func forever() queue.Lease {
	return queue.Lease{Holder: "test", For: 100 * 365 * 24 * time.Hour}
}

func testMessage(id string) *queue.Message {
	return &queue.Message{
		Envelope: envelope.Envelope{ID: id, From: routing.MustParseAddress("kim@contoso.com")}, Arrived: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}}},
	}
}

// put puts a message whose bytes are size bytes of its own.
func (l *ledger) put(s *Spool, id string, size int) error {
	body := strings.Repeat(id+" ", size/(len(id)+1)+1)[:size]
	f := &fate{body: body}
	l.mu.Lock()
	l.fates[id] = f
	l.mu.Unlock()
	err := s.Put(context.Background(), testMessage(id), strings.NewReader(body), forever())
	f.put = err == nil
	return err
}

func (l *ledger) fate(id string) *fate {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fates[id]
}

// save saves the next state of a message, if it is there.
func (l *ledger) save(s *Spool, id string) error {
	f := l.fate(id)
	if f == nil || !f.put || f.removed {
		return nil
	}
	f.asked++
	m := testMessage(id)
	m.Recipients[0].Attempts = f.asked
	err := s.Save(context.Background(), m, "test")
	if err == nil {
		f.saved = f.asked
	}
	return err
}

// remove removes a message, if it is there.
func (l *ledger) remove(s *Spool, id string) error {
	f := l.fate(id)
	if f == nil || !f.put || f.removed {
		return nil
	}
	f.removed = true
	return s.Remove(context.Background(), id, "test")
}

// check compares a spool with the ledger. live says that the spool has seen it
// all, and no crash since.
func (l *ledger) check(s *Spool, live bool) error {
	found := make(map[string]bool)
	for m, err := range s.All(context.Background()) {
		if err != nil {
			return fmt.Errorf("All: %w", err)
		}
		f := l.fates[m.ID]
		attempts := m.Recipients[0].Attempts
		switch {
		case f == nil:
			return fmt.Errorf("%s was never put", m.ID)
		case live && !f.put:
			return fmt.Errorf("%s is there, and Put failed", m.ID)
		case live && f.removed:
			return fmt.Errorf("%s is there, and was removed", m.ID)
		case attempts < f.saved || attempts > f.asked || live && attempts != f.saved:
			return fmt.Errorf("%s is in state %d, want %d to %d", m.ID, attempts, f.saved, f.asked)
		}
		b, err := s.Open(context.Background(), m.ID)
		if err != nil {
			return fmt.Errorf("Open(%s): %w", m.ID, err)
		}
		data, err := io.ReadAll(b)
		if err := errors.Join(err, b.Close()); err != nil || string(data) != f.body {
			return fmt.Errorf("%s has other bytes, %v", m.ID, err)
		}
		found[m.ID] = true
	}
	for id, f := range l.fates {
		if f.put && !f.removed && !found[id] {
			return fmt.Errorf("%s is lost", id)
		}
	}
	return nil
}

// settle waits until nothing is going on in the background.
func (s *Spool) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.writing || s.compacting {
		s.changed.Wait()
	}
}

// script does a bit of everything with a spool, and stops at nothing. It
// returns the errors.
func (l *ledger) script(s *Spool) (failed []error) {
	do := func(err error) {
		s.settle()
		if err != nil {
			failed = append(failed, err)
		}
	}
	for i := range 12 {
		id := func(back int) string { return fmt.Sprint("M", i-back) }
		do(l.put(s, id(0), 100))
		do(l.save(s, id(0)))
		do(l.put(s, "L"+id(0), 400))
		if i%3 != 0 {
			do(l.remove(s, id(1)))
		}
		do(l.save(s, id(3)))
		do(l.remove(s, "L"+id(2)))
	}
	return failed
}

// reopen opens the spool after a crash, checks it, puts another message, closes it, and
// checks it again.
func (l *ledger) reopen(d *disk) error {
	var log bytes.Buffer
	s, err := open(d, small(&log))
	if err != nil {
		return fmt.Errorf("opening: %w\n%s", err, &log)
	}
	if err := l.check(s, false); err != nil {
		return fmt.Errorf("%w\n%s", err, &log)
	}
	if err := s.Put(context.Background(), testMessage("after"), strings.NewReader("x"), forever()); err != nil {
		return fmt.Errorf("going on: %w", err)
	}
	if err := s.Close(); err != nil {
		return fmt.Errorf("Close: %w", err)
	}
	damaged := log.Len() > 0 // in the middle of a segment, it is found again
	log.Reset()
	if s, err = open(d.crash(func() bool { return false }), small(&log)); err != nil {
		return err
	}
	if log.Len() > 0 && !damaged {
		return fmt.Errorf("after a clean end: %s", &log)
	}
	l.fates["after"] = &fate{body: "x", put: true}
	defer delete(l.fates, "after")
	return l.check(s, false)
}

// TestCrash cuts the power at every change of the disk, and keeps nothing, everything or
// a part of the data that was not synced. Every acknowledged message must be there.
func TestCrash(t *testing.T) {
	for n := 1; ; n++ {
		d, l := newDisk(), newLedger()
		d.fail = func(op int, _, _ string) error {
			if op == n {
				return errDead
			}
			return nil
		}
		s, err := open(d, small(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		l.script(s)
		for name, chosen := range crashes(uint64(n)) {
			if err := l.reopen(d.crash(chosen)); err != nil {
				t.Fatalf("power lost at change %d, of the rest %s is left: %v", n, name, err)
			}
		}
		if d.ops < n {
			if n < 100 {
				t.Errorf("the script has only %d changes", n)
			}
			t.Logf("%d changes", n)
			return
		}
	}
}

// TestCrashWhileOpening cuts the power again while the spool is put in order.
func TestCrashWhileOpening(t *testing.T) {
	for n := 5; n < 300; n += 23 {
		d, l := newDisk(), newLedger()
		d.fail = func(op int, _, _ string) error {
			if op == n {
				return errDead
			}
			return nil
		}
		s, err := open(d, small(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		l.script(s)
		for again := 1; ; again++ {
			left := d.crash(crashes(uint64(n))["a half"])
			left.fail = func(op int, _, _ string) error {
				if op == again {
					return errDead
				}
				return nil
			}
			_, _ = open(left, small(io.Discard)) // it may fail, or not
			for name, chosen := range crashes(uint64(again)) {
				if err := l.reopen(left.crash(chosen)); err != nil {
					t.Fatalf("power lost at change %d and then %d, of the rest %s is left: %v", n, again, name, err)
				}
			}
			if left.ops < again {
				break
			}
		}
	}
}

// TestFullDisk fills the disk at every change, once or for a while. The callers must get
// ErrFull; no acknowledged message may be lost, and no refused one kept.
func TestFullDisk(t *testing.T) {
	testFault(t, syscall.ENOSPC, "create", "write", "sync", "syncdir")
}

// TestSyncError lets every sync fail. As on Linux, the data is lost then, although
// programs still read it.
func TestSyncError(t *testing.T) {
	testFault(t, errLost, "sync", "syncdir")
}

// testFault makes each change of the given kinds fail, and the next few too.
func testFault(t *testing.T, fault error, ops ...string) {
	for _, length := range []int{1, 6, 40} {
		for n := 1; ; n += 1 + length/3 {
			d, l := newDisk(), newLedger()
			d.fail = func(op int, kind, _ string) error {
				for _, o := range ops {
					if n <= op && op < n+length && kind == o {
						return fault
					}
				}
				return nil
			}
			s, err := open(d, small(io.Discard))
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range l.script(s) {
				if !errors.Is(err, fault) || errors.Is(err, queue.ErrFull) != (fault == syscall.ENOSPC) {
					t.Fatalf("%v for %d changes from %d on: %v", fault, length, n, err)
				}
			}
			if err := l.check(s, true); err != nil {
				t.Fatalf("%v for %d changes from %d on: %v", fault, length, n, err)
			}
			for name, chosen := range crashes(uint64(n)) {
				if err := l.reopen(d.crash(chosen)); err != nil {
					t.Fatalf("%v for %d changes from %d on, then of the rest %s is left: %v", fault, length, n, name, err)
				}
			}
			if d.ops < n {
				break
			}
		}
	}
}

// TestCrashUnderLoad cuts the power while several put, save and remove at once,
// and so share syncs.
func TestCrashUnderLoad(t *testing.T) {
	for n := 3; n < 150; n += 5 {
		d, l := newDisk(), newLedger()
		d.fail = func(op int, _, _ string) error {
			if op == n {
				return errDead
			}
			return nil
		}
		s, err := open(d, small(io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 10 {
					id := fmt.Sprintf("W%d-%d", w, i)
					_ = l.put(s, id, 50+i*40)
					_ = l.save(s, id)
					if i%2 == 0 {
						_ = l.remove(s, id)
					}
				}
			})
		}
		wg.Wait()
		s.settle()
		for name, chosen := range crashes(uint64(n)) {
			if err := l.reopen(d.crash(chosen)); err != nil {
				t.Fatalf("power lost at change %d, of the rest %s is left: %v", n, name, err)
			}
		}
	}
}
