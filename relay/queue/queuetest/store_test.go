package queuetest_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/routing"
)

func TestStore(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queue.Store { return new(queuetest.Store) })
}

func TestStoreShared(t *testing.T) {
	queuetest.RunShared(t, func(t *testing.T) (a, b queue.Store) {
		s := new(queuetest.Store)
		return s, s.Share()
	})
}

// TestStoreCrash crashes a process; the Store in memory stays.
func TestStoreCrash(t *testing.T) {
	queuetest.RunCrash(t, func(t *testing.T) (queue.Store, func() queue.Store) {
		s := new(queuetest.Store)
		return s, func() queue.Store { return s.Share() }
	})
}

func TestStoreFull(t *testing.T) {
	queuetest.RunFull(t, func(t *testing.T) (queue.Store, func(bool)) {
		s := new(queuetest.Store)
		return s, func(full bool) {
			s.Limit = 0
			if full {
				s.Limit = 1
			}
		}
	})
}

func TestStoreLimit(t *testing.T) {
	s := &queuetest.Store{Limit: 10}
	lease := queue.Lease{Holder: "a", For: time.Hour}
	if err := s.Put(t.Context(), &queue.Message{Envelope: envelope.Envelope{ID: "A"}}, strings.NewReader("1234567"), lease); err != nil {
		t.Fatal(err)
	}
	if err := s.Share().Put(t.Context(), &queue.Message{Envelope: envelope.Envelope{ID: "B"}}, strings.NewReader("1234"), lease); !errors.Is(err, queue.ErrFull) {
		t.Errorf("beyond the limit: %v", err)
	}
	if u, err := s.Usage(t.Context()); err != nil || u.Free != 3 || u.Capacity != 10 {
		t.Errorf("%+v, %v", u, err)
	}
	if err := s.Remove(t.Context(), "A", "a"); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), &queue.Message{Envelope: envelope.Envelope{ID: "B"}}, strings.NewReader("1234"), lease); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestStoreKeepsIDs uses the ID of a removed message again, when it may be used.
func TestStoreKeepsIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s queuetest.Store
		put := func() error {
			m := &queue.Message{Envelope: envelope.Envelope{ID: "A"}}
			return s.Put(t.Context(), m, strings.NewReader(""), queue.Lease{Holder: "a", For: time.Hour})
		}
		if err := errors.Join(put(), s.Remove(t.Context(), "A", "a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(queue.KeepIDs - time.Second)
		if err := put(); !errors.Is(err, queue.ErrExists) {
			t.Errorf("before KeepIDs: %v", err)
		}
		time.Sleep(time.Second)
		if err := put(); err != nil {
			t.Errorf("after KeepIDs: %v", err)
		}
	})
}

func TestDiff(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	message := func() *queue.Message {
		return &queue.Message{
			Envelope: envelope.Envelope{ID: "A", From: routing.MustParseAddress("kim@contoso.com"), Helo: "\xff"}, Arrived: noon,
			Recipients: []queue.Recipient{{Reply: "250 OK", Recipient: envelope.Recipient{Notify: envelope.NotifyDelay}}},
		}
	}
	got, want := message(), message()
	got.Arrived = noon.In(time.FixedZone("", 7200))
	if d := queuetest.Diff(got, want); d != "" {
		t.Error(d)
	}
	got.Helo, got.From, got.Suspended, got.Arrived = "\xfe", routing.Address{}, true, noon.Add(1)
	r := &got.Recipients[0]
	r.Reply, r.Status, r.Notify = "", queue.Failed, 0
	const lines = `From: got , want kim@contoso.com
Helo: got "\xfe", want "\xff"
Arrived: got 2026-03-01 12:00:00.000000001 +0000 UTC, want 2026-03-01 12:00:00 +0000 UTC
Suspended: got true, want false
Recipients[0].Notify: got , want DELAY
Recipients[0].Status: got failed, want waiting
Recipients[0].Reply: got "", want "250 OK"`
	if d := queuetest.Diff(got, want); d != lines {
		t.Errorf("%s\nwant\n%s", d, lines)
	}
	got, want = &queue.Message{}, message()
	got.Envelope, got.Arrived = want.Envelope, want.Arrived
	if d := queuetest.Diff(got, want); d != "Recipients: got 0, want 1" {
		t.Error(d)
	}
	if want.Recipients = []queue.Recipient{}; queuetest.Diff(got, want) != "" {
		t.Error("nil is not an empty list")
	}
}
