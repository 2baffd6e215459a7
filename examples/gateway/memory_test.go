package main

import "testing"

// TestGarbagePercent: with little memory in use garbage is collected as Go does it, with much
// the garbage stays small, and with very much the work of collecting it does.
func TestGarbagePercent(t *testing.T) {
	const mb = 1 << 20
	for live, want := range map[uint64]int{0: 100, 4 * mb: 100, 8 * mb: 100, 10 * mb: 80, 45 * mb: 15, 150 * mb: 10, 8000 * mb: 10} {
		if got := garbagePercent(live); got != want {
			t.Errorf("%d MB in use: %d percent, want %d", live/mb, got, want)
		}
	}
}
