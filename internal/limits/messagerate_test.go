package limits

import (
	"net/netip"
	"testing"
	"time"
)

// A MessageRate forgets clients, and never remembers more than it may.
func TestRateIsBounded(t *testing.T) {
	var r MessageRate
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	address := netip.MustParseAddr("2001:db8::")
	for i := range 3 * rateKeys {
		address = address.Next()
		if !r.allow(rateKey{addr: address}, 1, now.Add(time.Duration(i)*time.Millisecond)) {
			t.Fatal("a client that has sent nothing is refused")
		}
		if len(r.clients) > rateKeys {
			t.Fatalf("%d clients are remembered", len(r.clients))
		}
	}
	if r.allow(rateKey{addr: address}, 1, now.Add(3*rateKeys*time.Millisecond)) {
		t.Error("the last one is forgotten")
	}
}

// The count of a sliding minute is that of a slow twin which keeps every time,
// but for what the spread within a minute makes of it: a full limit is never
// exceeded within a minute of the clock, nor twice the limit in any.
func TestRateAgainstTwin(t *testing.T) {
	const limit = 10
	var r MessageRate
	var allowed []time.Time
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range 5000 {
		now = now.Add(time.Duration(i%7) * time.Second)
		if !r.allow(rateKey{user: "u"}, limit, now) {
			continue
		}
		allowed = append(allowed, now)
		recent := 0
		for _, at := range allowed {
			if now.Sub(at) < rateWindow {
				recent++
			}
		}
		if recent >= 2*limit {
			t.Fatalf("%d in the minute before %v", recent, now)
		}
	}
	if perMinute := float64(len(allowed)) / (now.Sub(allowed[0]).Minutes() + 1); perMinute > limit || perMinute < limit*0.7 {
		t.Errorf("%.1f a minute, limit %d", perMinute, limit)
	}
}
