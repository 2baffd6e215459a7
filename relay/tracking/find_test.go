package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/tracking"
	"github.com/interchange-smtp/interchange/routing"
)

// history returns the events of two messages: the CEO's was refused, and the report was sent before the log
// learned of it; the other one waits.
func history() []event.Event {
	at := func(e event.Event, after time.Duration) event.Event {
		e.Time = nine.Add(after)
		return e
	}
	refused := ceo(event.Refused, "kim@fabrikam.com")
	refused.NextHop, refused.Host, refused.Reply = "hop", "mx.fabrikam.com", "550 5.1.1 no"
	report := envelope.Envelope{ID: "L6HP-F", Report: true, NetworkID: "7f1c5b9e-0000-4000-8000-00000000000a", MessageID: "<L6HP-F@ex01.contoso.com>", Session: "SESSION1"}
	sent := event.Event{Kind: event.ReportSent, To: routing.MustParseAddress("ceo@contoso.com"), Reply: "250 OK"}
	sent.SetMessage(&report)
	queued := ceo(event.ReportQueued, "ceo@contoso.com")
	queued.ReportEnvelope, queued.Detail = &report, "failed"
	other := event.Event{Kind: event.MessageAccepted, To: routing.MustParseAddress("kim@fabrikam.com")}
	other.SetMessage(&envelope.Envelope{ID: "OTHER", From: routing.MustParseAddress("app@contoso.com"), NetworkID: "8f1c5b9e-0000-4000-8000-00000000000a", MessageID: "<2@app>", Session: "SESSION2", Subject: "Invoice"})
	bounced := event.Event{Kind: event.CommandRefused, Command: "MAIL", From: routing.MustParseAddress("spam@example.org"), Session: "SESSION3", Reply: "550 5.7.1 no"}
	return []event.Event{
		at(ceo(event.MessageAccepted, "kim@fabrikam.com"), 0), at(refused, time.Second), at(sent, 2*time.Second), at(queued, 3*time.Second),
		at(other, time.Hour), at(bounced, 2*time.Hour),
	}
}

// tell returns the event IDs of each story.
func tell(stories []*tracking.Story) string {
	var all []string
	for _, s := range stories {
		var ids []string
		for _, r := range s.Rows {
			ids = append(ids, r.EventId)
		}
		all = append(all, strings.Join(ids, " "))
	}
	return strings.Join(all, "; ")
}

// find returns all stories that a query wants.
func find(t *testing.T, files tracking.Files, q tracking.Query) []*tracking.Story {
	t.Helper()
	found, err := tracking.Find(t.Context(), files, q, tracking.Options{Unread: func(err error) { t.Error(err) }})
	if err != nil || found.More {
		t.Error(err, found.More)
	}
	return found.Stories
}

// TestFindBounds: a search ends at its number of messages, says how far it is, and returns the rows that it has
// when its context ends.
func TestFindBounds(t *testing.T) {
	files, err := tracking.Open(written(t, history()...))
	if err != nil {
		t.Fatal(err)
	}
	var last float64
	found, err := tracking.Find(t.Context(), files, tracking.Query{}, tracking.Options{Most: 3, Progress: func(f float64) {
		if f < last || f > 1 {
			t.Errorf("progress %v after %v", f, last)
		}
		last = f
	}})
	if err != nil || len(found.Stories) != 2 || !found.More || last != 1 {
		t.Errorf("%q, more: %v, %v, progress %v", tell(found.Stories), found.More, err, last)
	}
	// The files are read at once, so the second part of the work begins when the first one has found everything.
	ctx, cancel := context.WithCancel(t.Context())
	found, err = tracking.Find(ctx, files, tracking.Query{From: "ceo"}, tracking.Options{Progress: func(f float64) {
		if f > 0.34 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || tell(found.Stories) != "RECEIVE FAIL" {
		t.Errorf("%q, %v", tell(found.Stories), err)
	}
}

// TestFind: parts of addresses, subjects and names find a message, with all that happened to it.
func TestFind(t *testing.T) {
	files, err := tracking.Open(written(t, history()...))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	path := filepath.Join(t.TempDir(), "all") // its name doesn't say that it is of this hour
	if err := os.Rename(files[0], path); err != nil {
		t.Fatal(err)
	}
	if files, err = tracking.Open(path); err != nil {
		t.Fatal(err)
	}
	const whole, other, refused = "RECEIVE FAIL SEND DSN", "RECEIVE", "FAIL"
	for _, tt := range []struct {
		q    tracking.Query
		want string
	}{
		{tracking.Query{}, whole + "; " + other + "; " + refused},
		{tracking.Query{From: "CEO@"}, whole},
		{tracking.Query{From: "spam"}, refused},
		{tracking.Query{From: "<>"}, "SEND DSN"},
		{tracking.Query{To: "fabrikam"}, whole + "; " + other},
		{tracking.Query{From: "ceo", To: "kim"}, whole},
		{tracking.Query{From: "ceo", To: "lee"}, ""},
		{tracking.Query{Subject: "komma"}, whole},
		{tracking.Query{Event: "fail", Subject: "komma"}, whole},
		{tracking.Query{Event: tracking.Fail, From: "app"}, ""},
		{tracking.Query{ID: "1@contoso.com"}, whole},
		{tracking.Query{ID: "<2@APP>"}, other},
		{tracking.Query{ID: "l6hpabcdefghjklm"}, whole},
		{tracking.Query{ID: tracking.InternalID("OTHER")}, other},
		{tracking.Query{ID: "8F1C5B9E-0000-4000-8000-00000000000A"}, other},
		{tracking.Query{ID: "SESSION2"}, other},
		{tracking.Query{ID: "ESSION"}, ""},
		{tracking.Query{Since: nine.Add(time.Minute), Until: nine.Add(90 * time.Minute)}, other},
		{tracking.Query{Since: nine.Add(time.Second), Until: nine.Add(time.Second)}, whole},
		{tracking.Query{Until: nine.Add(-time.Second)}, ""},
	} {
		if got := tell(find(t, files, tt.q)); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.q, got, tt.want)
		}
	}
}

// TestArrivedFirst: a message that was delivered while the client waited arrived before, although its row was
// written later, and in the file of the next hour.
func TestArrivedFirst(t *testing.T) {
	for _, held := range []time.Duration{0, 1500 * time.Millisecond, 20 * time.Minute} {
		delivered, accepted := ceo(event.Delivered, "kim@fabrikam.com"), ceo(event.MessageAccepted, "kim@fabrikam.com")
		accepted.Held = held
		accepted.Time = delivered.Time.Add(held / 2)
		delivered.Delay = held / 2
		files, err := tracking.Open(written(t, delivered, accepted))
		if err != nil {
			t.Fatal(err)
		}
		later := filepath.Join(filepath.Dir(files[0]), "MSGTRK2026113010-1.LOG")
		if err := os.Rename(files[0], later); err != nil {
			t.Fatal(err)
		}
		files = tracking.Files{later}
		stories := find(t, files, tracking.Query{To: "kim", Until: nine})
		if got := tell(stories); got != "RECEIVE SEND" {
			t.Errorf("held for %v: %s", held, got)
		}
	}
}

// TestFindInExchange: the rows of one message on several servers belong together, and so does the report on it,
// by its reference.
func TestFindInExchange(t *testing.T) {
	dir := t.TempDir()
	const fields = "#Fields: date-time,event-id,server-hostname,internal-message-id,message-id,network-message-id,recipient-address,reference\r\n"
	for name, content := range map[string]string{
		"MSGTRK2026113009-1.LOG":   fields + "2026-11-30T09:00:00.000Z,RECEIVE,EX01,1,<1@a>,,kim@b,\r\n2026-11-30T09:00:01.000Z,SEND,EX01,1,<1@a>,,kim@b,\r\n",
		"msgtrkma2026113009-1.log": fields + "2026-11-30T09:00:02.000Z,RECEIVE,EX02,77,<1@a>,,kim@b,\r\n2026-11-30T09:00:03.000Z,FAIL,EX02,77,<1@a>,,kim@b,\r\n",
		"MSGTRK2026113010-1.LOG":   fields + "2026-11-30T10:00:04.000Z,DSN,EX02,78,<dsn@b>,,ceo@a,<1@a>\r\n2026-11-30T10:00:05.000Z,SEND,EX02,78,<dsn@b>,,ceo@a,\r\n",
		"notes.txt":                "not a log",
		"RECV2026113009-1.LOG":     "not a log",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := tracking.Open(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%q, %v", files, err)
	}
	stories := find(t, files, tracking.Query{To: "kim"})
	if got := tell(stories); got != "RECEIVE SEND RECEIVE FAIL DSN SEND" {
		t.Error(got)
	}
}

// TestFilesInOrder: files come in the order of their hours and numbers, and those of other hours aren't
// opened.
func TestFilesInOrder(t *testing.T) {
	dir := t.TempDir()
	names := []string{"MSGTRK2026113009-1.LOG", "MSGTRK2026113009-2.LOG", "MSGTRK2026113009-10.LOG", "MSGTRK2026113010-1.LOG"}
	for i, name := range names {
		line := fmt.Sprintf("#Fields: date-time,message-id\r\n2026-11-30T%02d:00:00.000Z,<%d>\r\n", 9+i/3, i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := tracking.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	read := func(since, until time.Time) []string {
		ids = nil
		for r, err := range files.Rows(since, until) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, r.MessageId)
		}
		return ids
	}
	if got := read(time.Time{}, time.Time{}); !slices.Equal(got, []string{"<0>", "<1>", "<2>", "<3>"}) {
		t.Errorf("%q", got)
	}
	if got := read(time.Date(2026, 11, 30, 10, 30, 0, 0, time.UTC), time.Time{}); !slices.Equal(got, []string{"<3>"}) {
		t.Errorf("%q", got)
	}
	if got := read(time.Time{}, time.Date(2026, 11, 30, 8, 55, 0, 0, time.UTC)); len(got) != 3 {
		t.Errorf("%q: not the files of the next hour, which may have RECEIVE rows of this one", got)
	}
	if _, err := tracking.Open(filepath.Join(dir, "missing")); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Error(err)
	}
}
