//go:build linux

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/tracking"
)

// impatient gives messages up within seconds, with a report about the delay before that.
const impatient = "Get-TransportService | Set-TransportService -DelayNotificationTimeout 00:00:01 -MessageExpirationTimeout 00:00:05\n"

// TestHistory: a refused recipient, and a message that is delayed and expires because Postfix is away, with the reports about them,
// in the message tracking log and in what gateway trace tells.
func TestHistory(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, login: true})
	dir := publicDir(t)
	data, script := filepath.Join(dir, "data"), filepath.Join(dir, "impatient.ps1")
	if err := os.WriteFile(script, []byte(impatient), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := startHub(t, s.hub, s.ca, "-config", "testdata/basic.json", "-config", "testdata/impatient.json", "-config", script, "-data", data)
	trace := func(subject string) string {
		out, _ := s.hub.command(context.Background(), gateway, "trace", "-data", data, "-subject", subject).CombinedOutput()
		return string(out)
	}

	s.fromOffice(t, "bob@fabrikam.com,absent@fabrikam.com", "--header", "Subject: refused").accepted(t)
	message := s.mailboxes.next(t)
	message.envelope(t, annUser, "bob@fabrikam.com")
	report := s.mailboxes.next(t)
	report.envelope(t, "", annUser)
	h := history{t: t, data: data, id: messageID(t, message)}
	h.await("RECEIVE SMTP", "SEND SMTP", "FAIL SMTP").reference("FAIL SMTP", messageID(t, report))
	history{t: t, data: data, id: messageID(t, report)}.await("DSN DSN", "SEND SMTP").reference("DSN DSN", h.id)

	s.postfix.stop(t)
	s.fromOffice(t, "carl@example.org", "--header", "Subject: expired", "--header", "Message-Id: <expired@office.example>").accepted(t)
	var reports []string
	for _, action := range []string{"delayed", "failed"} {
		report := s.mailboxes.next(t)
		report.envelope(t, "", annUser)
		if !strings.Contains(string(report.Data), "\r\nAction: "+action+"\r\n") {
			t.Fatalf("this report isn't about a message that is %s:\n%s", action, report.Data)
		}
		reports = append(reports, messageID(t, report))
	}
	h = history{t: t, data: data, id: "<expired@office.example>"}
	h.await("RECEIVE SMTP", "DEFER QUEUE", "FAIL QUEUE").reference("FAIL QUEUE", reports[1])
	for _, id := range reports {
		history{t: t, data: data, id: id}.await("DSN DSN", "SEND SMTP").reference("DSN DSN", h.id)
	}

	story := trace("expired")
	rest := story
	for _, part := range []string{"received, from client.example [" + officeAddr + "]", "deferred", "carl@example.org: 451 4.4.1 Next hop could not be reached", "delivery report made", annUser + ": delayed",
		"given up because of its age", "carl@example.org: 550 4.4.7", "delivery report made", annUser + ": failed"} {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("trace doesn't tell %q, after what came before it:\n%s", part, story)
		}
		rest = after
	}
	if story := trace("refused"); !strings.Contains(story, "absent@fabrikam.com: 550 5.1.1") || !strings.Contains(story, "delivery report accepted by") {
		t.Errorf("trace:\n%s", story)
	}
}

// messageID returns the Message-ID of a message.
func messageID(t *testing.T, m received) string {
	t.Helper()
	ids := m.fields("Message-ID")
	if len(ids) != 1 {
		t.Fatalf("Message-ID %q in\n%s", ids, m.Data)
	}
	return ids[0]
}

// history is what a message tracking log says about the message with an ID.
type history struct {
	t        *testing.T
	data, id string
}

// await waits until there are rows with each of these events and their sources.
func (h history) await(events ...string) history {
	h.t.Helper()
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var have []string
		for _, row := range h.rows() {
			have = append(have, row.EventId+" "+row.Source)
		}
		if !slices.ContainsFunc(events, func(e string) bool { return !slices.Contains(have, e) }) {
			return h
		}
		if time.Now().After(end) {
			h.t.Fatalf("the log has the rows %q for %s, want %q", have, h.id, events)
		}
	}
}

// reference fails the test unless the rows with an event name another message.
func (h history) reference(event, other string) {
	h.t.Helper()
	for _, row := range h.rows() {
		if row.EventId+" "+row.Source == event && row.Reference != other {
			h.t.Errorf("%s of %s has the reference %q, want %s", event, h.id, row.Reference, other)
		}
	}
}

func (h history) rows() (rows []*tracking.Row) {
	h.t.Helper()
	for _, row := range tracked(h.t, h.data, "") {
		if row.MessageId == h.id {
			rows = append(rows, row)
		}
	}
	return rows
}
