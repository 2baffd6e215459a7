package queue_test

import (
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

func TestFilter(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := &queue.Message{
		Envelope: envelope.Envelope{ID: "A1", From: routing.MustParseAddress("Kim@Contoso.com")}, Arrived: noon,
		Recipients: []queue.Recipient{
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("a@fabrikam.com")}, Hop: "Internet fabrikam.com", Status: queue.Waiting},
			{Recipient: envelope.Recipient{To: routing.MustParseAddress("b@mail.tailspin.com")}, Hop: "ToPartner [192.0.2.1]", Status: queue.Delivered},
		},
	}
	bounce := &queue.Message{Envelope: envelope.Envelope{ID: "B2"}, Arrived: noon, Suspended: true}
	to := routing.MustParseAddressSpace
	tests := []struct {
		name   string
		filter queue.Filter
		m      *queue.Message
		want   bool
	}{
		{"zero selects nothing", queue.Filter{}, m, false},
		{"all", queue.Filter{All: true}, m, true},
		{"all without recipients", queue.Filter{All: true}, bounce, true},
		{"all and a condition", queue.Filter{All: true, IDs: []string{"X"}}, m, false},
		{"id", queue.Filter{IDs: []string{"X", "A1"}}, m, true},
		{"id is exact", queue.Filter{IDs: []string{"a1"}}, m, false},
		{"sender", queue.Filter{From: "kim@contoso.com"}, m, true},
		{"sender's domain", queue.Filter{From: "CONTOSO.com"}, m, true},
		{"another sender", queue.Filter{From: "lee@contoso.com"}, m, false},
		{"a parent is another domain", queue.Filter{From: "com"}, m, false},
		{"null sender", queue.Filter{From: "<>"}, bounce, true},
		{"null sender of a sender", queue.Filter{From: "<>"}, m, false},
		{"sender of none", queue.Filter{From: "contoso.com"}, bounce, false},
		{"older", queue.Filter{Before: noon.Add(1)}, m, true},
		{"not older", queue.Filter{Before: noon}, m, false},
		{"newer", queue.Filter{After: noon}, m, true},
		{"not newer", queue.Filter{After: noon.Add(1)}, m, false},
		{"held", queue.Filter{Suspended: new(true)}, m, false},
		{"held bounce", queue.Filter{Suspended: new(true)}, bounce, true},
		{"not held", queue.Filter{Suspended: new(false)}, m, true},
		{"domain", queue.Filter{To: to("fabrikam.com")}, m, true},
		{"domain of a subdomain", queue.Filter{To: to("tailspin.com")}, m, false},
		{"subtree", queue.Filter{To: to("*.tailspin.com")}, m, true},
		{"domain of no recipient", queue.Filter{To: to("*")}, bounce, false},
		{"hop", queue.Filter{Hop: "internet fabrikam.com"}, m, true},
		{"connector", queue.Filter{Hop: "ToPartner"}, m, true},
		{"half a word", queue.Filter{Hop: "ToPart"}, m, false},
		{"status", queue.Filter{Statuses: []queue.Status{queue.Failed, queue.Delivered}}, m, true},
		{"another status", queue.Filter{Statuses: []queue.Status{queue.Failed}}, m, false},
		{"one recipient must have it all", queue.Filter{To: to("fabrikam.com"), Statuses: []queue.Status{queue.Delivered}}, m, false},
		{"message and recipient", queue.Filter{From: "contoso.com", Hop: "Internet"}, m, true},
		{"the wrong message", queue.Filter{From: "contoso.org", Hop: "Internet"}, m, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.filter.Match(tt.m); got != tt.want {
				t.Errorf("Match(%s) = %v", tt.m.ID, got)
			}
		})
	}
}

func TestFilterRecipients(t *testing.T) {
	r := &queue.Recipient{Recipient: envelope.Recipient{To: routing.MustParseAddress("a@fabrikam.com")}, Hop: "Internet fabrikam.com"}
	for _, tt := range []struct {
		filter queue.Filter
		want   bool
	}{
		{queue.Filter{IDs: []string{"A1"}}, true},
		{queue.Filter{Hop: "Internet"}, true},
		{queue.Filter{Hop: "Internet contoso.com"}, false},
		{queue.Filter{Statuses: []queue.Status{queue.Waiting}, To: routing.MustParseAddressSpace("contoso.com")}, false},
	} {
		if got := tt.filter.MatchRecipient(r); got != tt.want {
			t.Errorf("%+v: %v", tt.filter, got)
		}
	}
}

func TestClone(t *testing.T) {
	m := &queue.Message{Envelope: envelope.Envelope{ID: "A1"}, Recipients: []queue.Recipient{{Recipient: envelope.Recipient{Notify: envelope.NotifyNever}, Reply: "250"}}}
	c := m.Clone()
	c.Recipients[0].Notify = envelope.NotifyDelay
	c.Recipients[0].Reply = "451"
	if r := m.Recipients[0]; r.Notify != envelope.NotifyNever || r.Reply != "250" {
		t.Errorf("changing a clone changed the original: %+v", r)
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"A": true, "abc-XYZ-0189": true, string(make([]byte, 64)): false,
		"": false, "a/b": false, "..": false, "a_b": false, "é": false, "a b": false,
		"0123456789012345678901234567890123456789012345678901234567890123":  true,
		"01234567890123456789012345678901234567890123456789012345678901234": false,
	} {
		if got := queue.ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %v", id, got)
		}
	}
}
