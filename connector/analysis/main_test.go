package analysis_test

import "testing"

// shorter returns a third of a number of runs with -short, which the race detector's run uses:
// these tests have one goroutine.
func shorter(runs int) int {
	if testing.Short() {
		return runs / 3
	}
	return runs
}
