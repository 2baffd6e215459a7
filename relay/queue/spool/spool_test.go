package spool_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// openTest opens a spool and closes it when the test ends.
func openTest(t testing.TB, dir string, options spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	for name, options := range map[string]spool.Options{
		"defaults": {},
		"small":    {SegmentSize: 1000, LargeBody: 500},
	} {
		t.Run(name, func(t *testing.T) {
			queuetest.Run(t, func(t *testing.T) queue.Store { return openTest(t, t.TempDir(), options) })
		})
	}
}
