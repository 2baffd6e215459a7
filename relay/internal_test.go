package relay

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A messageRate forgets clients, and never remembers more than it may.
func TestRateIsBounded(t *testing.T) {
	var r messageRate
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
	var r messageRate
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

func TestShare(t *testing.T) {
	for _, c := range []struct{ free, percent, want int }{
		{5000, 2, 100}, {4901, 2, 99}, {49, 2, 1}, {1, 2, 1}, {1, 100, 1}, {10, 33, 4}, {2147483647, 100, 2147483647},
	} {
		if got := share(c.free, c.percent); got != c.want {
			t.Errorf("%d%% of %d: %d, want %d", c.percent, c.free, got, c.want)
		}
	}
}

// What is logged is printable ASCII of bounded length, and names the bytes that
// were; slog's handlers find nothing to escape but backslash and quote.
func FuzzClean(f *testing.F) {
	f.Add("plain")
	f.Add(`NT AUTHORITY\ANONYMOUS LOGON`)
	f.Add("new\nline \x1b[0m \xff\x00")
	f.Add("J\u00f6rg \u202egro.elpmaxe \u0085 \u009b31m \u2028")
	f.Add(strings.Repeat("\x00", 2*maxClean))
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if len(got) > maxClean+8 {
			t.Fatalf("%d bytes", len(got))
		}
		if quoted := strconv.QuoteToASCII(got); quoted != `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(got)+`"` {
			t.Fatalf("%q has become %q", s, got)
		}
		if clean(got) != got && len(got) <= maxClean {
			t.Fatalf("%q is escaped twice", s)
		}
	})
}

// A Message-ID that is shown can't end the reply or look like another part of
// it.
func FuzzVisibleID(f *testing.F) {
	f.Add(" <1@contoso.com>\r\n")
	f.Add("<a> [InternalId=1]")
	f.Add("<\xc3\xa4@b>")
	f.Fuzz(func(t *testing.T, value string) {
		id := visibleID(value)
		if id == "" {
			return
		}
		if len(id) > maxMessageID || !utf8.ValidString(id) || strings.ContainsAny(id, " \r\n\t") ||
			strings.Count(id, "<") != 1 || strings.Count(id, ">") != 1 || visibleID(id) != id {
			t.Errorf("%q gives %q", value, id)
		}
	})
}
