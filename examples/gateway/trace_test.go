package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/trace"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// TestMoments: times as people type them.
func TestMoments(t *testing.T) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.FixedZone("CET", 3600))
	at := func(s string) time.Time {
		t.Helper()
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for text, want := range map[string]time.Time{
		"9:14":                      at("2026-11-30T09:14:00+01:00"),
		"09:14:05":                  at("2026-11-30T09:14:05+01:00"),
		"23:30":                     at("2026-11-29T23:30:00+01:00"), // the last one
		"2h":                        at("2026-11-30T08:00:00+01:00"),
		"90s":                       at("2026-11-30T09:58:30+01:00"),
		"3d":                        at("2026-11-27T10:00:00+01:00"),
		"2026-11-30":                at("2026-11-30T00:00:00+01:00"),
		" 2026-11-30 9:14 ":         at("2026-11-30T09:14:00+01:00"),
		"2026-11-30T09:14:00":       at("2026-11-30T09:14:00+01:00"),
		"2026-11-30T09:14:00Z":      at("2026-11-30T09:14:00Z"),
		"2026-11-30T09:14:00-05:00": at("2026-11-30T14:14:00Z"),
	} {
		var got time.Time
		if err := moment(&got, now, false)(text); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	var end time.Time
	if err := moment(&end, now, true)("2026-11-30"); err != nil || !end.Equal(at("2026-12-01T00:00:00+01:00").Add(-time.Nanosecond)) {
		t.Errorf("until a day: %v, %v", end, err)
	}
	for _, text := range []string{"", "yesterday", "25:00", "-2h", "2026-13-01", "9.14"} {
		if err := moment(&end, now, false)(text); err == nil {
			t.Errorf("%q is %v", text, end)
		}
	}
}

// TestTraceRepeats: attempts that fail in the same way are counted, and the last one has its time.
func TestTraceRepeats(t *testing.T) {
	m := trace.Message{From: "ceo@contoso.com"}
	begin := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)
	deferred := func(reply string) trace.Event {
		return trace.Event{Event: tracking.Defer, Source: "SMTP", Recipients: []trace.Recipient{{To: "max@example.org", Status: reply}}}
	}
	suspended := deferred("")
	suspended.Source = "ADMIN"
	for i, e := range []trace.Event{deferred("451 away"), deferred("451 away"), deferred("451 away"), deferred("451 away"),
		deferred("452 full"), deferred("452 full"), suspended, suspended, suspended} {
		e.Time, e.Delay = begin.Add(time.Duration(i)*15*time.Minute), float64(i*900)
		m.Events = append(m.Events, e)
	}
	var out strings.Builder
	printTrace(&out, []*trace.Message{&m}, begin)
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{"message from ceo@contoso.com", "2026-11-30 UTC",
		"23:30:00.000 deferred", "max@example.org: 451 away", "2026-12-01 UTC", "00:15:00.000 +45m0s the same, 3 more times",
		"00:30:00.000 +1h0m deferred", "max@example.org: 452 full", "00:45:00.000 +1h15m deferred", "max@example.org: 452 full",
		"01:00:00.000 +1h30m suspended by operator", "max@example.org", "01:15:00.000 +1h45m suspended by operator", "max@example.org", "01:30:00.000 +2h0m suspended by operator", "max@example.org"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestShellTracking: Get-MessageTrackingLog searches the log of -logs, and its objects work in a pipeline.
func TestShellTracking(t *testing.T) {
	var out bytes.Buffer
	script := `Get-MessageTrackingLog -Sender ceo@contoso.com -EventId SEND | ForEach-Object { "$($_.Timestamp.ToString('HH:mm')) $($_.Recipients) $($_.RecipientStatus)" }
(Get-MessageTrackingLog -Start "2026-12-01" | Where-Object { $_.Source -eq "QUEUE" }).MessageId
Get-MessageTrackingLog -MessageSubject Invoice | Format-Table EventId, Sender, Recipients
`
	if code := run([]string{"shell", "-logs", "testdata/tracking"}, strings.NewReader(script), &out, &out); code != exitOK {
		t.Errorf("exit %d", code)
	}
	got := strings.Fields(out.String())
	want := strings.Fields(`09:14 kim@fabrikam.com 250 2.0.0 OK: queued as 4Xq <1@scanner.contoso.com>
		EventId Sender Recipients ------- ------ ---------- RECEIVE app@contoso.com {kim@fabrikam.com}`)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s", &out)
	}
	out.Reset()
	if code := run([]string{"shell"}, strings.NewReader("Get-MessageTrackingLog\n"), &out, &out); code != exitNo || !strings.Contains(out.String(), "-data DIR") {
		t.Errorf("exit %d: %s", code, &out)
	}
}
