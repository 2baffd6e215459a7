package trace

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// TestOperatorWords: each action by which an operator makes a message due has its word.
func TestOperatorWords(t *testing.T) {
	for action, want := range map[string]string{"resume": "resumed by operator", "import": "imported by operator", "retry": "made due by operator"} {
		e := Event{Event: tracking.Resubmit, Source: "ADMIN", Action: action}
		if got := e.verb(); got != want {
			t.Errorf("%s: %q, want %q", action, got, want)
		}
	}
}

// TestOutcomes: the last event of each recipient counts, and none of a delivery report.
func TestOutcomes(t *testing.T) {
	m := Message{Events: []Event{
		{Event: tracking.Receive, Recipients: []Recipient{{To: "a@x"}, {To: "b@x"}, {To: "c@x"}}},
		{Event: tracking.Defer, Recipients: []Recipient{{To: "a@x", Status: "451 later"}, {To: "B@x", Status: "451 later"}}},
		{Event: tracking.Send, Recipients: []Recipient{{To: "a@x", Status: "250 ok"}}},
		{Event: tracking.Fail, Source: "QUEUE", Recipients: []Recipient{{To: "b@x", Status: "550 4.4.7"}}},
		{Event: tracking.DSN, Report: "R", Recipients: []Recipient{{To: "sender@x"}}},
		{Event: tracking.Send, Report: "R", Recipients: []Recipient{{To: "sender@x", Status: "250 ok"}}},
	}}
	want := []Outcome{{"a@x", "accepted", "250 ok"}, {"b@x", "expired", "550 4.4.7"}, {"c@x", "queued", ""}}
	if got := m.Outcomes(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestAddWaiting: the queue is asked about messages that may wait, and about no other.
func TestAddWaiting(t *testing.T) {
	story := func(id string, events ...string) *tracking.Story {
		var s tracking.Story
		for i, e := range events {
			s.Rows = append(s.Rows, &tracking.Row{Timestamp: time.Unix(int64(i), 0), EventId: e, NetworkMessageId: id, CustomData: "S:Id=" + id, Recipients: []string{"kim@x"}})
		}
		return &s
	}
	messages := Messages([]*tracking.Story{story("DONE", tracking.Receive, tracking.Send), story("OPEN", tracking.Receive, tracking.Defer)})
	var asked []string
	err := AddWaiting(messages, func(r control.Request) iter.Seq2[control.Event, error] {
		asked = r.Filter.IDs
		return func(yield func(control.Event, error) bool) {
			yield(control.Event{Message: &control.Message{ID: "OPEN", Recipients: []control.Recipient{
				{To: "kim@x", Status: "waiting", Reply: "451 later"}, {To: "lee@x", Status: "delivered"}}}}, nil)
		}
	})
	if err != nil || !slices.Equal(asked, []string{"OPEN"}) || len(messages[0].Waiting) != 0 || len(messages[1].Waiting) != 1 || messages[1].Waiting[0].Reply != "451 later" {
		t.Errorf("%v, asked for %v: %+v, %+v", err, asked, messages[0], messages[1])
	}
}
