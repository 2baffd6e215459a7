package browsertest

import (
	"context"
	"encoding/csv"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// answers are a running gateway that answers each request in the same way.
type answers map[control.Action][]control.Event

// Do implements console.Gateway.
func (a answers) Do(_ context.Context, r control.Request) iter.Seq2[control.Event, error] {
	return func(yield func(control.Event, error) bool) {
		for _, e := range a[r.Action] {
			if e.Message != nil && len(r.Filter.IDs) > 0 && r.Filter.IDs[0] != e.Message.ID {
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
		yield(control.Event{End: &control.End{Messages: 1}}, nil)
	}
}

// ago is the time some minutes before the pages are looked at.
func ago(minutes time.Duration) time.Time { return today.Add(-minutes * time.Minute) }

// working is a gateway at work on a policy with a fingerprint: one next hop answers, another one doesn't.
func working(fingerprint string) answers {
	reply := "connect to 192.0.2.25:25: connection refused"
	recipient := control.Recipient{To: "carl@tailspintoys.com", Status: "waiting", NextHop: "tailspintoys.com", Attempts: 4, Tried: ago(3), Next: today.Add(7 * time.Minute), Reply: reply}
	message := func(id, from, subject string, arrived time.Time) control.Event {
		return control.Event{Message: &control.Message{ID: id, Arrived: arrived, Size: 48_213, From: from, Connector: "FromInternetGateway", Remote: "192.168.5.77:40112", Helo: "smtpgateway1.contoso.com",
			Body: "8BITMIME", Session: "08DE2F41C3A1B2D4", MessageID: "<" + id + "@fabrikam.com>", Subject: subject, Recipients: []control.Recipient{recipient}}}
	}
	messages := []control.Event{
		message("4b1f0c2a9d3e5f61", "ann@fabrikam.com", "Quotation 4711", ago(95)),
		message("4b1f0c2a9d3e5f62", "bob@fabrikam.com", "Minutes of the meeting", ago(42)),
		message("4b1f0c2a9d3e5f63", "dora@fabrikam.com", "Zażółć gęślą jaźń", ago(4)),
	}
	return answers{
		control.List: messages, control.Show: messages,
		control.Hops: {
			{Hop: &control.Hop{Name: "tailspintoys.com", Connector: "ToInternetGateway", DeliveryType: "DnsConnectorDelivery", Destination: "tailspintoys.com", Messages: 3, Deferred: 3, Oldest: ago(95), Failures: 4, Tried: ago(3), Retry: today.Add(7 * time.Minute), Reply: reply, Incoming: 0.1}},
			{Hop: &control.Hop{Name: "smtpgateway1.contoso.com", Connector: "ToInternetGateway", DeliveryType: "SmartHostConnectorDelivery", Destination: "smtpgateway1.contoso.com", Messages: 1, Sending: 1, Oldest: ago(0), Incoming: 2.5, Outgoing: 2.4}},
		},
		control.GetStatus: {{Status: &control.Status{
			Time: today, State: control.Serving, Started: ago(5000), Policy: fingerprint, Since: ago(600),
			Bindings: []control.Binding{{Address: "0.0.0.0:25", Connectors: []string{"Default HubA"}, Listening: true}}, Sessions: []control.Sessions{{Connector: "Default HubA", Open: 2}},
			Queue:        &control.Queued{Waiting: 3, Sending: 1, Oldest: ago(95), Bytes: 192_852, Free: 80 << 30, Capacity: 100 << 30},
			Failing:      []control.NextHop{{Name: "tailspintoys.com", Waiting: 3, Failures: 4, Tried: ago(3), Retry: today.Add(7 * time.Minute), Reply: reply}},
			Refused:      []control.Refused{{Connector: "Default HubA", Reason: "relay denied", Count: 12, Last: ago(1)}},
			Traffic:      control.Traffic{Connections: 31, Accepted: 64, Refused: 12, Delivered: 61, Deferred: 1},
			Certificates: []control.Certificate{{Connector: "Default HubA", Receive: true, Expires: today.AddDate(0, 0, 40)}},
		}}},
	}
}

// track writes a message tracking log with a few rows.
func track(t *testing.T, rows ...tracking.Row) func(*console.Options) {
	t.Helper()
	var b strings.Builder
	b.WriteString("#Fields: " + tracking.Fields() + "\r\n")
	w := csv.NewWriter(&b)
	for _, r := range rows {
		w.Write(r.Cells())
	}
	w.Flush()
	file := filepath.Join(t.TempDir(), tracking.Prefix+"2026113010-1.LOG")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(o *console.Options) {
		o.Tracking = func(context.Context) ([]string, error) { return []string{file}, nil }
	}
}

// story is what a tracking log says of a message that has arrived.
func story() []tracking.Row {
	received := tracking.Row{
		Timestamp: ago(50), EventId: tracking.Receive, Source: "SMTP", ClientIp: "192.168.5.77", ConnectorId: `HubA\FromInternetGateway`, InternalMessageId: "1001", MessageId: "<1@example.net>",
		MessageSubject: "Order 815", Sender: "dora@example.net", Recipients: []string{"bob@fabrikam.com"}, RecipientCount: 1, TotalBytes: 8_012,
	}
	sent := received
	sent.Timestamp, sent.EventId, sent.ConnectorId, sent.RecipientStatus = ago(49), "SEND", "ToMailboxes", []string{"250 2.6.0 Queued"}
	return []tracking.Row{received, sent}
}

// running gives a console the gateway at work on the policy office, and its tracking log.
func running(t *testing.T) func(*console.Options) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "office.ps1")
	if err := os.WriteFile(file, []byte(office), 0o600); err != nil {
		t.Fatal(err)
	}
	_, policy := read(t, hub, file)
	tracked := track(t, story()...)
	return func(o *console.Options) {
		o.Gateway = working(policy.Fingerprint())
		tracked(o)
	}
}
