package limits

import (
	"net/netip"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rated returns a connector with a MessageRateLimit.
func rated(limit param.Limit, by param.RateSource) *connector.Receive {
	return &connector.Receive{MessageRateLimit: limit, MessageRateSource: param.Value(by)}
}

// TestMessageRate: the last message within the limit passes, the next one doesn't until the minute that began with the first
// is over, and then as many pass again.
func TestMessageRate(t *testing.T) {
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	ann := func() User { return User{"S-1-5-1", `CONTOSO\ann`} }
	for by, want := range map[param.RateSource]State{
		param.RateByIPAddress:                    {By: BySource, Key: "192.0.2.1"},
		param.RateByUser:                         {By: ByUser, Key: `CONTOSO\ann`},
		param.RateByIPAddress | param.RateByUser: {By: BySource, Key: "192.0.2.1"},
	} {
		var r MessageRate
		c := rated(5, by)
		for minute := range 3 {
			start := noon.Add(time.Duration(minute) * rateWindow)
			for i := range 5 {
				if over := r.Enter(c, one, ann, start.Add(time.Duration(i)*time.Second)); over != nil {
					t.Fatalf("%v: message %d of minute %d: %+v", by, i+1, minute, *over)
				}
			}
			for _, at := range []time.Duration{5 * time.Second, rateWindow - 1} {
				over := r.Enter(c, one, ann, start.Add(at))
				mustReach(t, over, "MessageRateLimit", want.By, want.Key, 6, 5)
				if !over.Until.Equal(start.Add(rateWindow)) {
					t.Errorf("%v: the window ends at %v", by, over.Until)
				}
			}
			if over := r.Enter(c, other, ann, start.Add(time.Second)); (over != nil) != (by&param.RateByUser != 0) {
				t.Errorf("%v: another source: %v", by, over)
			}
		}
	}
}

// TestMessageRateOfAll: with All a message that one key refuses isn't counted for the other.
func TestMessageRateOfAll(t *testing.T) {
	var r MessageRate
	c := rated(2, param.RateByIPAddress|param.RateByUser)
	ann, bob := func() User { return User{"1", "ann"} }, func() User { return User{"2", "bob"} }
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range 2 {
		if over := r.Enter(c, one, ann, noon); over != nil {
			t.Fatalf("%+v", *over)
		}
	}
	for range 3 {
		mustReach(t, r.Enter(c, other, ann, noon), "MessageRateLimit", ByUser, "ann", 3, 2)
	}
	mustReach(t, r.Enter(c, one, bob, noon), "MessageRateLimit", BySource, "192.0.2.1", 3, 2)
	for range 2 { // neither has used anything up
		if over := r.Enter(c, other, bob, noon); over != nil {
			t.Fatalf("%+v", *over)
		}
	}
	if all := r.States(c, one, bob, noon); len(all) != 2 || all[0].Value != 2 || all[1].Value != 2 {
		t.Errorf("%+v", all)
	}
}

// TestNoMessageRate: without a limit, and by None, nothing is counted.
func TestNoMessageRate(t *testing.T) {
	for _, c := range []*connector.Receive{rated(param.Unlimited, param.RateByIPAddress), rated(1, 0)} {
		var r MessageRate
		for range 3 {
			if over := r.Enter(c, attacker, nil, noon); over != nil {
				t.Fatalf("%+v", *over)
			}
		}
		if len(r.clients.keys) != 0 {
			t.Error("a client is remembered")
		}
	}
}

// TestRateIsBounded: a million sources, and among them one that sends all the time and stays
// counted.
func TestRateIsBounded(t *testing.T) {
	var r MessageRate
	c := rated(1000, param.RateByIPAddress)
	address := netip.MustParseAddr("2001:db8::")
	sent := 0
	for i := range 1_000_000 {
		address = address.Next()
		now := noon.Add(time.Duration(i) * 50 * time.Microsecond) // 50 seconds
		if over := r.Enter(c, address, nil, now); over != nil {
			t.Fatalf("a client that has sent nothing is refused: %+v", *over)
		}
		if i%500 == 0 && r.Enter(c, attacker, nil, now) == nil {
			sent++
		}
		if len(r.clients.keys) > rateKeys {
			t.Fatalf("%d clients are remembered", len(r.clients.keys))
		}
	}
	if sent != 1000 {
		t.Errorf("%d messages of the one that sends all the time, limit 1000", sent)
	}
	// When their windows are over, room is made among those.
	late := noon.Add(time.Hour)
	r.Enter(c, office, nil, late)
	r.clients.forget(late)
	if len(r.clients.keys) != rateKeys-1 || r.clients.of(rateKey{addr: office}, late).count != 1 {
		t.Errorf("%d clients are remembered, and the last one %d times", len(r.clients.keys), r.clients.of(rateKey{addr: office}, late).count)
	}
}

// TestRateAgainstTwin: never are more than the limit sent in a window that begins with a message, nor twice the limit in any
// minute, and a client that sends no more than the limit in any minute is never refused.
func TestRateAgainstTwin(t *testing.T) {
	const limit = 10
	var r MessageRate
	c := rated(limit, param.RateByIPAddress)
	var allowed []time.Time
	now := noon
	for i := range 5000 {
		now = now.Add(time.Duration(i%7) * time.Second)
		over := r.Enter(c, attacker, nil, now)
		recent := 0
		for _, at := range allowed {
			if now.Sub(at) < rateWindow {
				recent++
			}
		}
		if over != nil {
			if recent < limit {
				t.Fatalf("%d in the minute before %v, and one more is refused", recent, now)
			}
			continue
		}
		if allowed = append(allowed, now); recent+1 >= 2*limit {
			t.Fatalf("%d in the minute before %v", recent, now)
		}
	}
	if perMinute := float64(len(allowed)) / (now.Sub(allowed[0]).Minutes() + 1); perMinute > limit || perMinute < limit*0.8 {
		t.Errorf("%.1f a minute, limit %d", perMinute, limit)
	}
}
