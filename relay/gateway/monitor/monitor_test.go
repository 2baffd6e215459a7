package monitor

import (
	"fmt"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// TestJudge: each thing that can be wrong has its level, at the limit and one second before it.
func TestJudge(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	limits := DefaultLimits()
	oldest := func(age time.Duration) control.Status {
		return control.Status{Queue: &control.Queued{Oldest: now.Add(-age)}}
	}
	expires := func(left time.Duration) control.Status {
		return control.Status{Certificates: []control.Certificate{{Connector: "In", Expires: now.Add(left)}}}
	}
	for _, tt := range []struct {
		status control.Status
		want   string
	}{
		{control.Status{}, "OK []"},
		{control.Status{NotReady: []string{"no binding is open"}}, "CRITICAL [not ready: no binding is open]"},
		{control.Status{State: control.Serving, Bindings: []control.Binding{{Address: "[::]:25"}}}, "WARNING [[::]:25 is not open]"},
		{oldest(limits.OldestWarning - time.Second), "OK []"},
		{oldest(limits.OldestWarning), "WARNING [the oldest message is 15 minutes old]"},
		{oldest(limits.OldestCritical - time.Second), "WARNING [the oldest message is 3 hours old]"},
		{oldest(limits.OldestCritical), "CRITICAL [the oldest message is 4 hours old]"},
		{expires(limits.ExpiryWarning), "OK []"},
		{expires(limits.ExpiryWarning - time.Second), `WARNING [the certificate of "In" expires in 13 days]`},
		{expires(0), `CRITICAL [the certificate of "In" has expired]`},
		{control.Status{Failing: []control.NextHop{{Name: "Out", Reply: "451 4.4.1 no"}}}, "WARNING [Out can't be delivered to: 451 4.4.1 no]"},
		{control.Status{Queue: &control.Queued{Waiting: 3, Unreachable: 2}}, "WARNING [no Send connector takes 2 of the messages]"},
		{control.Status{Reload: &control.Reloaded{}}, "OK []"},
		{control.Status{Reload: &control.Reloaded{Error: "a.json: no"}}, "WARNING [the last reload failed]"},
		{control.Status{LostLines: []control.LostLines{{Log: "tracking"}, {Log: "receive", Lines: 2}}}, "WARNING [2 lines of the receive log are lost]"},
		{control.Status{NotReady: []string{"x"}, Reload: &control.Reloaded{Error: "y"}}, "CRITICAL [not ready: x the last reload failed]"},
	} {
		tt.status.Time = now
		v := Judge(&tt.status, limits)
		if got := fmt.Sprint(v.Level, " ", v.Problems); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// TestPerformance: the numbers have the units and limits of Nagios' plugins.
func TestPerformance(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	s := control.Status{
		Time: now, Sessions: []control.Sessions{{Open: 1}, {Open: 2}}, Refused: []control.Refused{{Count: 7}},
		Queue: &control.Queued{Waiting: 4, Sending: 1, Oldest: now.Add(-time.Minute), Bytes: 10, Free: -1},
	}
	const want = "sessions=3 refused=7 failing=0 waiting=5 suspended=0 oldest=60s;900;3600 queue=10B"
	if got := Performance(&s, Limits{OldestWarning: 15 * time.Minute, OldestCritical: time.Hour}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
