package queuetest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
)

func TestStore(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queue.Store {
		s := queuetest.NewStore()
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func TestStoreLimit(t *testing.T) {
	s := queuetest.NewStore()
	s.Limit = 10
	lease := queue.Lease{Holder: "a", For: time.Hour}
	if err := s.Put(t.Context(), &queue.Message{Envelope: envelope.Envelope{ID: "A"}}, strings.NewReader("1234567"), lease); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), &queue.Message{Envelope: envelope.Envelope{ID: "B"}}, strings.NewReader("1234"), lease); !errors.Is(err, queue.ErrFull) {
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

func TestStoreClosed(t *testing.T) {
	s := queuetest.NewStore()
	s.Close()
	if err := s.Put(t.Context(), &queue.Message{Envelope: envelope.Envelope{ID: "A"}}, strings.NewReader(""), queue.Lease{}); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	for _, err := range s.All(t.Context()) {
		if !errors.Is(err, queue.ErrClosed) {
			t.Errorf("All: %v", err)
		}
	}
}
