package exchange_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
)

// fakeTracking is a log in memory.
type fakeTracking struct {
	rows         []operations.TrackingRow
	since, until time.Time
	failure      error
}

func (f *fakeTracking) Search(_ context.Context, since, until time.Time) iter.Seq2[operations.TrackingRow, error] {
	f.since, f.until = since, until
	return func(yield func(operations.TrackingRow, error) bool) {
		if f.failure != nil && !yield(operations.TrackingRow{}, f.failure) {
			return
		}
		for _, r := range f.rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func withTracking(f *fakeTracking) *driver {
	o := exchange.NewOrg(exchange.Options{Server: hubA, Bare: true})
	o.Tracking = f
	return newDriver(o)
}

var tracked = fakeTracking{rows: []operations.TrackingRow{
	{Timestamp: nine, EventId: "RECEIVE", Source: "SMTP", Sender: "ceo@contoso.com", Recipients: []string{"kim@fabrikam.com", "lee@fabrikam.com"}, MessageId: "<1@contoso.com>",
		MessageSubject: "Quarterly figures", InternalMessageId: "17", CustomData: "S:Id=AAAA;S:Reason=x", TransportTrafficType: "Email"},
	{Timestamp: nine.Add(time.Second), EventId: "SEND", Source: "SMTP", Sender: "ceo@contoso.com", Recipients: []string{"lee@fabrikam.com"}, RecipientStatus: []string{"250 OK"},
		MessageId: "<1@contoso.com>", MessageInfo: "2026-11-30T09:14:00.000Z;LSRV=ex01:TOTAL=1.500", TransportTrafficType: "Email"},
	{Timestamp: nine.Add(2 * time.Second), EventId: "DSN", Source: "DSN", Sender: "<>", Recipients: []string{"ceo@contoso.com"}, MessageId: "<2@contoso.com>", Reference: "<1@contoso.com>"},
}}

// TestTrackingLog: each parameter selects the rows that it is about, and the properties have the names and types of Exchange's.
func TestTrackingLog(t *testing.T) {
	f := tracked
	d := withTracking(&f)
	for _, tt := range []struct {
		args args
		want int
	}{
		{nil, 3},
		{args{"Sender": "CEO@contoso.com"}, 2},
		{args{"Sender": "ceo"}, 0},
		{args{"Sender": "<>"}, 1},
		{args{"Recipients": "KIM@fabrikam.com"}, 1},
		{args{"Recipients": list("kim@fabrikam.com", "ceo@contoso.com")}, 2},
		{args{"Recipients": "kim@fabrikam.com,ceo@contoso.com"}, 2},
		{args{"MessageId": "1@contoso.com"}, 2},
		{args{"InternalMessageId": "17"}, 1},
		{args{"MessageSubject": "FIGURES"}, 1},
		{args{"EventId": "send"}, 1},
		{args{"Source": "DSN"}, 1},
		{args{"Reference": "<1@contoso.com>"}, 1},
		{args{"TransportTrafficType": "Email"}, 2},
		{args{"ResultSize": "1"}, 1},
		{args{"Server": "HubA", "Sender": "ceo@contoso.com", "EventId": "SEND"}, 1},
	} {
		if got := d.must(t, "Get-MessageTrackingLog", tt.args); len(got) != tt.want {
			t.Errorf("%v: %d rows, want %d", tt.args, len(got), tt.want)
		}
	}
	row := d.must(t, "Get-MessageTrackingLog", args{"EventId": "RECEIVE"})[0]
	for name, want := range map[string]string{"EventId": "RECEIVE", "MessageSubject": "Quarterly figures", "Recipients": "{kim@fabrikam.com, lee@fabrikam.com}", "EventData": "{[Id, AAAA], [Reason, x]}", "MessageLatency": ""} {
		if got := property(t, row, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := property(t, d.must(t, "Get-MessageTrackingLog", args{"EventId": "SEND"})[0], "MessageLatency"); got != "00:00:01.5000000" {
		t.Errorf("MessageLatency is %q", got)
	}
}

// TestTrackingTimes: -Start and -End are times of .NET or text, and bound what is read.
func TestTrackingTimes(t *testing.T) {
	f := tracked
	d := withTracking(&f)
	d.must(t, "Get-MessageTrackingLog", args{"Start": object.Time(nine), "End": "11/30/2026 10:00"})
	if !f.since.Equal(nine) || !f.until.Equal(time.Date(2026, 11, 30, 10, 0, 0, 0, time.Local)) {
		t.Errorf("from %v to %v", f.since, f.until)
	}
	d.fails(t, "Get-MessageTrackingLog", args{"Start": "yesterday"}, "not a time")
	d.fails(t, "Get-MessageTrackingLog", args{"Server": "Elsewhere"}, "HubA")
	f.failure = errors.New("line 7 isn't a row")
	d.fails(t, "Get-MessageTrackingLog", nil, "line 7")
}
