package relay_test

import (
	"net/netip"
	"testing"
)

// A message on a connection that is there already costs the relay fewer allocations
// than it costs go-smtp (performance target 16): 18 and 31 when this was written.
// The client's part is the same in both.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const limit = -10
	used := make(map[string]float64)
	for name, network := range contestants(t) {
		conn, err := network.Dial(t.Context(), netip.MustParseAddr(stranger), at(hub))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		pipe := newPipeliner(t, conn)
		used[name] = testing.AllocsPerRun(500, func() { pipe.message(t) })
	}
	if own := used["relay"] - used["go-smtp"]; own > limit {
		t.Errorf("the relay allocates %v times per message, go-smtp %v times: %v more, want at most %v",
			used["relay"], used["go-smtp"], own, limit)
	}
}
