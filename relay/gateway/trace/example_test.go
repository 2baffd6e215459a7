package trace_test

import (
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/trace"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// A story of the log becomes sentences, and the last word on each recipient.
func Example() {
	at := time.Date(2026, 11, 30, 9, 14, 0, 0, time.UTC)
	row := func(after time.Duration, id string, status ...string) *tracking.Row {
		return &tracking.Row{Timestamp: at.Add(after), EventId: id, Source: "SMTP", MessageId: "<1@scanner.contoso.com>", Sender: "scanner@contoso.com",
			Recipients: []string{"kim@fabrikam.com"}, RecipientStatus: status, ClientHostname: "scanner", ServerHostname: "mx.fabrikam.com"}
	}
	story := &tracking.Story{Rows: []*tracking.Row{row(0, tracking.Receive), row(time.Second, tracking.Send, "250 2.0.0 queued")}}
	for _, m := range trace.Messages([]*tracking.Story{story}) {
		for _, e := range m.Events {
			fmt.Println(e.Sentence())
		}
		fmt.Println(m.Outcomes())
	}
	// Output:
	// received, from scanner
	// accepted by mx.fabrikam.com
	// [{kim@fabrikam.com accepted 250 2.0.0 queued}]
}
