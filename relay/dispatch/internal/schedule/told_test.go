package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// TestLimitsOfOutgoingMail: mail that waits for a limit is told once a minute or window; mail at its edge isn't.
func TestLimitsOfOutgoingMail(t *testing.T) {
	services := func(total, perHop param.Limit) connector.Config {
		return config(connector.Service{MaxOutboundConnections: total, MaxPerDomainOutboundConnections: perHop})
	}
	for _, tt := range []struct {
		name    string
		config  connector.Config
		sources int // messages come from so many clients
		domains int // and go to so many next hops
		takes   time.Duration
		enough  int           // so many messages at a time reach no limit
		span    time.Duration // in which one more is told
		want    []string
	}{
		{"next hop", services(100, 2), 9, 1, 40 * time.Second, 2, 90 * time.Second,
			[]string{`MaxPerDomainOutboundConnections by next hop "out d0.example" 3/2 "out d0.example"`}},
		{"share of a next hop", services(100, 8), 1, 1, 40 * time.Second, 6, 90 * time.Second,
			[]string{`MaxPerDomainOutboundConnections by source "192.0.2.0" 7/6 "out d0.example"`}},
		{"server", services(3, 3), 9, 9, 40 * time.Second, 3, 90 * time.Second,
			[]string{`MaxOutboundConnections by server "" 4/3 ""`}},
		{"share of the server", services(8, 8), 1, 9, 40 * time.Second, 6, 90 * time.Second,
			[]string{`MaxOutboundConnections by source "192.0.2.0" 7/6 ""`}},
		{"connections of a smart host", paced(func(s *connector.Send) { s.SmartHostMaxConnections = 2 }), 9, 1, 40 * time.Second, 2, 90 * time.Second,
			[]string{`SmartHostMaxConnections by next hop "out smtp.office365.com" 3/2 "out smtp.office365.com"`}},
		{"messages of a smart host", paced(func(s *connector.Send) { s.SmartHostMessageRateLimit = 5 }), 9, 1, time.Second, 5, 70 * time.Second,
			[]string{`SmartHostMessageRateLimit by account "smtp.office365.com" 6/5 ""`}},
		{"recipients of a smart host", paced(func(s *connector.Send) { s.SmartHostRecipientRateLimit = 9 }), 9, 1, time.Second, 9, 25 * time.Hour,
			[]string{`SmartHostRecipientRateLimit by account "smtp.office365.com" 10/9 ""`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.config)
			send := func(n int) {
				for i := range n {
					w.queue(fmt.Sprint("192.0.2.", i%tt.sources), fmt.Sprintf("%d@d%d.example", i, i%tt.domains))
				}
			}
			for i := range tt.domains { // they are proven then
				w.queue("198.51.100.1", fmt.Sprintf("first@d%d.example", i))
				w.run(time.Second)
			}
			w.run(max(tt.span, time.Minute))
			w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) { return tt.takes, accepted(t), nil }
			w.limits = nil
			send(tt.enough)
			if len(w.limits) > 0 {
				t.Fatalf("%d messages: %q", tt.enough, w.limits)
			}
			w.run(max(tt.span, time.Minute))
			w.limits = nil
			from := w.now
			send(tt.enough + 20)
			w.run(tt.span)
			var got []string
			for _, text := range w.limits {
				minute, what, _ := strings.Cut(text, " ")
				what, _, _ = strings.Cut(what, " until ")
				got = append(got, what)
				t.Log(minute, text)
			}
			slices.Sort(got)
			got = slices.Compact(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if most := int(w.now.Sub(from)/toldFor) + 1; len(w.limits) > most {
				t.Errorf("%d events in %v", len(w.limits), w.now.Sub(from))
			}
		})
	}
}

// TestToldIsBounded: however many next hops wait, few keys are remembered.
func TestToldIsBounded(t *testing.T) {
	w := newWorld(t, config(connector.Service{MaxOutboundConnections: param.Unlimited, MaxPerDomainOutboundConnections: 1}))
	domains := func(n int) {
		for i := range n {
			w.queue("192.0.2.1", fmt.Sprintf("a@d%d.example", i))
			w.queue("192.0.2.1", fmt.Sprintf("b@d%d.example", i))
		}
	}
	domains(maxTold + 100)
	w.run(time.Minute)
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		return 10 * time.Second, accepted(t), nil
	}
	for range 3 {
		w.run(2 * time.Minute)
		w.limits = nil
		domains(maxTold + 100)
		if len(w.limits) != maxTold || len(w.s.queues.told) > maxTold {
			t.Errorf("%d events, %d keys", len(w.limits), len(w.s.queues.told))
		}
	}
}
