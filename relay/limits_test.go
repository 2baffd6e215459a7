package relay_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// wantLimit fails unless the events of limits since the last call are one of a limit with these numbers.
func (r *recorder) wantLimit(t *testing.T, limit, by, key string, value, bound int64) event.Event {
	t.Helper()
	all := r.take(event.LimitReached)
	if len(all) != 1 {
		t.Fatalf("%d events, want one of %s: %+v", len(all), limit, all)
	}
	if e := all[0]; e.Limit != limit || e.By != by || e.Key != key || e.Value != value || e.Bound != bound {
		t.Fatalf("%s by %s %q: %d of %d, want %s by %s %q: %d of %d", e.Limit, e.By, e.Key, e.Value, e.Bound, limit, by, key, value, bound)
	}
	return all[0]
}

// limited serves the policy with the events of limits.
func limited(t *testing.T, p *connector.Policy, change func(*relay.Server)) (*world, *recorder) {
	r := new(recorder)
	w := serve(t, p, func(s *relay.Server) {
		s.Events = append(s.Events, r.read)
		if change != nil {
			change(s)
		}
	})
	return w, r
}

// withService is policy with settings of the Transport service.
func withService(t testing.TB, s connector.Service, receive ...connector.Receive) *connector.Policy {
	t.Helper()
	c := policy(t, receive...).Config()
	c.Services = []connector.Service{s}
	p, err := connector.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMaxConnectionRatePerMinute: the server takes so many connections a minute, whatever their connectors, and one client three
// quarters of them.
func TestMaxConnectionRatePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := limited(t, withService(t, connector.Service{MaxConnectionRatePerMinute: 4}, defaultHub(), fromAnonymousGateway()), nil)
		const refusal = "4.3.2 The rate of connections has exceeded a limit, closing transmission channel"
		start := time.Now()
		for range 3 {
			w.client(stranger, hub).Do("QUIT", 221)
		}
		if got := relaytest.NewClient(t, w.dial(stranger, hub)).Expect(421); got != refusal {
			t.Errorf("%q", got)
		}
		if e := r.wantLimit(t, "MaxConnectionRatePerMinute", "source", stranger, 4, 3); !e.Until.Equal(start.Add(time.Minute)) {
			t.Errorf("until %v, want %v", e.Until, start.Add(time.Minute))
		}
		w.client(gateway, hub).Do("QUIT", 221)
		time.Sleep(time.Minute - 1)
		relaytest.NewClient(t, w.dial(secured, hub)).Expect(421)
		r.wantLimit(t, "MaxConnectionRatePerMinute", "server", "", 5, 4)
		time.Sleep(time.Nanosecond)
		for range 3 {
			w.client(stranger, hub).Do("QUIT", 221)
		}
		relaytest.NewClient(t, w.dial(stranger, hub)).Expect(421)
	})
}

// TestLimitEvents: a refusal by a limit says which one it is, which client is counted, and how much.
func TestLimitEvents(t *testing.T) {
	hubs := defaultHub()
	hubs.MaxInboundConnection, hubs.MaxInboundConnectionPerSource = 3, 2
	hubs.MessageRateLimit, hubs.MessageRateSource = 1, param.Value(param.RateByUser)
	w, r := limited(t, policy(t, hubs), nil)
	first, second := w.hello("2001:db8::1", "[2001:db8:1::1]:25"), w.hello("2001:db8::2", "[2001:db8:1::1]:25")
	relaytest.NewClient(t, w.dial("2001:db8::3", "[2001:db8:1::1]:25")).Expect(421)
	if e := r.wantLimit(t, "MaxInboundConnectionPercentagePerSource", "source", "2001:db8::/64", 3, 1); e.Connector != hubs.Name || !e.Remote.IsValid() || !e.Until.IsZero() {
		t.Errorf("%+v", e)
	}
	w.client(stranger, hub)
	relaytest.NewClient(t, w.dial(gateway, hub)).Expect(421)
	r.wantLimit(t, "MaxInboundConnection", "connector", hubs.Name, 4, 3)

	first.Do("MAIL FROM:<kim@contoso.com>", 250)
	second.Do("MAIL FROM:<kim@contoso.com>", 421)
	second.Closed()
	if e := r.wantLimit(t, "MessageRateLimit", "user", "kim@contoso.com", 2, 1); e.Session == "" || e.Until.IsZero() {
		t.Errorf("%+v", e)
	}
}

// TestFairPlaces: a client that opens connections without end leaves some for the others.
func TestFairPlaces(t *testing.T) {
	w, r := limited(t, policy(t, defaultHub()), func(s *relay.Server) { s.MaxConnections = 40 })
	for range 30 {
		w.client(stranger, hub)
	}
	relaytest.NewClient(t, w.dial(stranger, hub)).Expect(421)
	r.wantLimit(t, "MaxConnections", "source", stranger, 31, 30)
	w.hello(gateway, hub)
	if all := r.take(event.LimitReached); slices.ContainsFunc(all, func(e event.Event) bool { return e.Key != stranger }) {
		t.Errorf("%+v", all)
	}
}

// TestPolicyLimitEvents: what the policy refuses for a number has an event with the number and its bound, and what
// is at the edge passes.
func TestPolicyLimitEvents(t *testing.T) {
	hubs := defaultHub()
	hubs.MaxRecipientsPerMessage, hubs.MaxHeaderSize = 2, 2*param.KB
	hubs.MaxHopCount, hubs.MaxLocalHopCount, hubs.MaxMessageSize = 3, param.Value(1), 64*param.KB
	w, r := limited(t, policy(t, hubs), nil)
	header := func(n int) string { // of n bytes, with the empty line
		const begin, end = "Subject: ", "\r\n\r\n"
		return begin + strings.Repeat("x", n-len(begin)-len(end)) + end
	}
	hops := func(n int, by string) string {
		return strings.Repeat("Received: from a by "+by+"; Mon, 30 Nov 2026 12:00:00 +0000\r\n", n)
	}
	const size = 64 << 10
	body := func(n int) string { return strings.Repeat(strings.Repeat("x", 62)+"\r\n", n/64) }
	for _, row := range []struct {
		limit        string
		edge, beyond string // messages
		value, bound int64
	}{
		{"MaxHeaderSize", header(2048), header(2049), 2049, 2048},
		{"MaxMessageSize", header(64) + body(size-64), header(64) + body(size), size + 1, size},
		{"MaxHopCount", hops(3, "b.example") + message, hops(5, "b.example") + message, 5, 3},
		{"MaxLocalHopCount", hops(1, hubName) + message, hops(2, hubName) + message, 2, 1},
	} {
		t.Run(row.limit, func(t *testing.T) {
			c := w.hello(stranger, hub)
			for text, code := range map[string]int{row.edge: 250, row.beyond: 5} {
				c.Do("MAIL FROM:<>", 250)
				c.Do("RCPT TO:<"+inside+">", 250)
				c.Do("DATA", 354)
				c.SendRaw(text + ".\r\n")
				if got, line := c.Reply(); got != code && got/100 != code {
					t.Errorf("%d %s, want %d", got, line, code)
				}
				if code == 250 {
					if all := r.take(event.LimitReached); len(all) != 0 {
						t.Errorf("at the edge: %+v", all)
					}
				} else if e := r.wantLimit(t, row.limit, "message", "", row.value, row.bound); e.Session == "" || e.Connector != hubs.Name {
					t.Errorf("%+v", e)
				}
			}
		})
	}
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<> SIZE="+strconv.Itoa(size), 250)
	c.Do("RSET", 250)
	c.Do("MAIL FROM:<> SIZE="+strconv.Itoa(size+5), 552)
	r.wantLimit(t, "MaxMessageSize", "message", "", size+5, size)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("RCPT TO:<"+inside+">", 452)
	r.wantLimit(t, "MaxRecipientsPerMessage", "message", "", 3, 2)
}

// TestOrganizationLimitEvents: likewise the limits of the organisation, beside those of the connector.
func TestOrganizationLimitEvents(t *testing.T) {
	c := policy(t, defaultHub()).Config()
	c.Transport.MaxRecipientEnvelopeLimit, c.Transport.MaxReceiveSize = 2, 64*param.KB
	p, err := connector.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	w, r := limited(t, p, nil)
	client := w.hello(stranger, hub)
	client.Do("MAIL FROM:<> SIZE=65536", 250)
	client.Do("RCPT TO:<"+inside+">", 250)
	client.Do("RCPT TO:<"+inside+">", 250)
	if all := r.take(event.LimitReached); len(all) != 0 {
		t.Errorf("at the edge: %+v", all)
	}
	client.Do("RCPT TO:<"+inside+">", 550)
	r.wantLimit(t, "MaxRecipientEnvelopeLimit", "message", "", 3, 2)
	client.Do("RSET", 250)
	client.Do("MAIL FROM:<> SIZE=65537", 552)
	r.wantLimit(t, "MaxReceiveSize", "message", "", 65537, 65536)
}

// TestGuessEvents: a password that isn't checked has the event of the limit, with the client.
func TestGuessEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hubs := defaultHub()
		hubs.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
		hubs.MaxLogonFailures = param.Value(0)
		w, r := limited(t, policy(t, hubs), nil)
		c := w.hello(stranger, hub)
		for i := range 10 {
			c.Do("AUTH PLAIN "+plain(fmt.Sprint("user", i, "@fabrikam.com"), "wrong"), 535)
		}
		if all := r.take(event.LimitReached); len(all) != 0 {
			t.Errorf("at the edge: %+v", all)
		}
		c.Do("AUTH PLAIN "+plain(userName, password), 454)
		if e := r.wantLimit(t, "Guesses", "source", stranger, 11, 10); e.Until.Sub(e.Time) != 500*time.Millisecond {
			t.Errorf("until %v", e.Until)
		}
		time.Sleep(500 * time.Millisecond)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
	})
}

// TestOneClientOpensAll: a client that opens as many connections as it can get, and says nothing, leaves another one
// enough of a connector to be served, with Exchange's defaults.
func TestOneClientOpensAll(t *testing.T) {
	hubs := defaultHub()
	hubs.MaxInboundConnectionPerSource, hubs.MaxInboundConnectionPercentagePerSource = 0, 0
	w, r := limited(t, policy(t, hubs), nil)
	for range 20 {
		w.client(stranger, hub)
	}
	for range 30 {
		relaytest.NewClient(t, w.dial(stranger, hub)).Expect(421)
	}
	if all := r.take(event.LimitReached); len(all) != 30 {
		t.Errorf("%d events", len(all))
	}
	w.hello(gateway, hub)
}

// TestLimits: a server shows the counters of a client, and their bounds.
func TestLimits(t *testing.T) {
	hubs := defaultHub()
	hubs.MaxInboundConnection, hubs.MaxInboundConnectionPerSource = 10, 4
	hubs.MessageRateLimit, hubs.MessageRateSource = 5, param.Value(param.RateByIPAddress|param.RateByUser)
	w, _ := limited(t, policy(t, hubs), nil)
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<kim@contoso.com>", 250)
	w.client(gateway, hub)
	client := relay.LimitClient{Addr: netip.MustParseAddr(stranger), Sender: "kim@contoso.com"}
	got := make(map[string]relay.Limit)
	for _, l := range w.server.Limits(hubs.Name, client) {
		got[l.Name+" "+l.By] = l
	}
	for key, want := range map[string][2]int64{
		"MaxInboundConnection connector":                 {2, 10},
		"MaxInboundConnectionPercentagePerSource source": {1, 8},
		"MaxInboundConnectionPerSource source":           {1, 4},
		"MaxConnectionRatePerMinute source":              {1, 900},
		"MaxConnections source":                          {1, 15_000},
		"MessageRateLimit source":                        {1, 5},
		"MessageRateLimit user":                          {1, 5},
		"Transactions source":                            {1, 256},
		"Tarpits source":                                 {0, 256},
		"Guesses source":                                 {0, 10},
		"MaxProtocolErrors connection":                   {0, 5},
		"MaxHopCount message":                            {0, 60},
	} {
		if l, ok := got[key]; !ok || l.Value != want[0] || l.Bound != want[1] {
			t.Errorf("%s: %+v, want %v", key, l, want)
		}
	}
	if w.server.Limits("Other", client) != nil {
		t.Error("a connector that there isn't has limits")
	}
	in := w.server.CurrentPolicy().Select(at(hub), client.Addr, nil)
	if alone := relay.LimitsOf(in, client); len(alone) != len(got) || alone[0].Value != 0 {
		t.Errorf("%+v", alone)
	}
}
