package spool

import (
	"io"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// TestClockSet sets the clock an hour ahead: no lease runs out by that.
func TestClockSet(t *testing.T) {
	s, err := open(newDisk(), small(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	// To a Time from before the clock was set, the present shows another hour
	// and the same monotonic clock. The hour stands above the nanoseconds (package
	// time, type Time).
	until := time.Now().Add(time.Minute)
	*(*uint64)(unsafe.Pointer(&until)) -= 3600 << 30
	if wall := time.Until(until.Round(0)); wall > -58*time.Minute || time.Until(until) < 0 {
		t.Skip("package time has changed")
	}
	m := testMessage("A")
	if err := s.Put(t.Context(), m, strings.NewReader("x"), queue.Lease{Holder: "a", Until: until}); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), m, "a"); err != nil {
		t.Error(err)
	}
	if claimed, err := s.Claim(t.Context(), forever(), 1); err != nil || len(claimed) != 0 {
		t.Errorf("claimed %v, %v", claimed, err)
	}
}
