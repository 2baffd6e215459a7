package observed_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain draws fewer policies with -short, which the race detector's run uses: these tests
// have one goroutine.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		*count /= 2
		*sendPolicies /= 4
	}
	os.Exit(m.Run())
}
