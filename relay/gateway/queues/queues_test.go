package queues_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
)

var now = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// TestStatus: each state of a next hop has Exchange's word.
func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		hop          control.Hop
		name, status string
	}{
		{control.Hop{Name: "Internet contoso.com", Suspended: true, Sending: 1}, "Internet contoso.com", "Suspended"},
		{control.Hop{Name: "Internet contoso.com", Sending: 1, Failures: 2}, "Internet contoso.com", "Connecting"},
		{control.Hop{Name: "Internet contoso.com", Sending: 1}, "Internet contoso.com", "Active"},
		{control.Hop{Name: "Internet contoso.com", Retry: now.Add(time.Second)}, "Internet contoso.com", "Retry"},
		{control.Hop{Name: "Internet contoso.com", Retry: now}, "Internet contoso.com", "Ready"},
		{control.Hop{Name: "(not tried yet)"}, "Submission", "Ready"},
		{control.Hop{Name: "Unreachable"}, "Unreachable", "Ready"},
	} {
		if q := queues.OfHop(&tt.hop, now); q.Name != tt.name || q.Status != tt.status {
			t.Errorf("%+v: %s %s, want %s %s", tt.hop, q.Name, q.Status, tt.name, tt.status)
		}
	}
}

// TestOfMessage: a message comes once for each queue that it waits in, with the recipients there.
func TestOfMessage(t *testing.T) {
	m := &control.Message{ID: "A", Arrived: now.Add(-time.Hour), Remote: "192.0.2.1:4711", Recipients: []control.Recipient{
		{To: "kim@contoso.com", Status: "waiting", NextHop: "Internet contoso.com", Next: now.Add(time.Minute), Host: "mx", Reply: "451 later", Attempts: 3},
		{To: "lee@contoso.com", Status: "waiting", NextHop: "Internet contoso.com"},
		{To: "max@example.org", Status: "waiting"},
		{To: "pat@example.org", Status: "delivered", NextHop: "Internet example.org"},
	}}
	got := queues.OfMessage(m, now, 48*time.Hour)
	if len(got) != 2 || got[0].Queue != "Internet contoso.com" || len(got[0].Recipients) != 2 || got[0].Status != "Retry" || got[0].LastError != "mx: 451 later" ||
		got[0].Retries != 3 || got[0].Source != "192.0.2.1" || !got[0].Expires.Equal(now.Add(47*time.Hour)) || got[1].Queue != queues.Submission || got[1].Status != "Ready" {
		t.Errorf("%+v", got)
	}
	if m.Suspended = true; queues.OfMessage(m, now, 0)[0].Status != "Suspended" {
		t.Error("a suspended message isn't")
	}
}

// TestChange: each verb asks for its action, on the queue and the messages that are meant.
func TestChange(t *testing.T) {
	var asked control.Request
	q := &queues.Live{Ask: func(_ context.Context, r control.Request) iter.Seq2[control.Event, error] {
		asked = r
		return func(yield func(control.Event, error) bool) { yield(control.Event{End: &control.End{Messages: 2}}, nil) }
	}}
	for _, tt := range []struct {
		do   operations.Verb
		want control.Request
	}{
		{operations.SuspendQueue, control.Request{Action: control.SuspendHop, Hop: "Out"}},
		{operations.ResumeQueue, control.Request{Action: control.ResumeHop, Hop: "Out"}},
		{operations.RetryQueue, control.Request{Action: control.Retry, Filter: control.Filter{NextHop: "Out"}}},
		{operations.RemoveMessages, control.Request{Action: control.Drop, Filter: control.Filter{NextHop: "Out"}}},
		{operations.RemoveMessagesWithNDR, control.Request{Action: control.Drop, Report: true, Filter: control.Filter{NextHop: "Out"}}},
	} {
		n, err := q.Change(t.Context(), operations.Action{Do: tt.do}, operations.Selection{Queue: "Out"})
		if err != nil || n != 2 || asked.Action != tt.want.Action || asked.Hop != tt.want.Hop || asked.Report != tt.want.Report || asked.Filter.NextHop != tt.want.Filter.NextHop {
			t.Errorf("%v: %d, %v, asked %+v, want %+v", tt.do, n, err, asked, tt.want)
		}
	}
	if _, err := q.Change(t.Context(), operations.Action{Do: operations.SuspendQueue}, operations.Selection{Queue: queues.Submission}); err == nil {
		t.Error("the submission queue can be suspended")
	}
	all := slices.Collect(func(yield func(error) bool) {
		for _, err := range q.Messages(t.Context(), operations.Selection{Queue: "Out"}) {
			yield(err)
		}
	})
	if len(all) != 0 || asked.Action != control.List || asked.Filter.NextHop != "Out" {
		t.Errorf("%v, asked %+v", all, asked)
	}
}
