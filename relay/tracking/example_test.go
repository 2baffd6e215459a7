package tracking_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/tracking"
	"github.com/interchange-smtp/interchange/routing"
)

// A Log writes a row for what an event says, and Read reads the row back. The program decides where the
// lines go.
func Example() {
	var file strings.Builder
	fmt.Fprintf(&file, "#Fields: %s\r\n", tracking.Fields())
	w := csv.NewWriter(&file)
	tracker := &tracking.Log{Server: "EX01", Host: "ex01.contoso.com", Write: func(cells ...string) { _ = w.Write(cells) }}

	// A relay.Server, a dispatch.Dispatcher or a gateway.Gateway calls tracker.Read, as one of its Events.
	e := event.Event{Kind: event.Deferred, Time: time.Date(2026, 11, 30, 9, 14, 3, 0, time.UTC)}
	e.SetMessage(&envelope.Envelope{ID: "L6HPABCDEFGHJKLM", Session: "7YHW2KQ5ZDTR3BXC", MessageID: "<1@contoso.com>", From: routing.MustParseAddress("ceo@contoso.com")})
	e.To, e.Host, e.Reply, e.NextHop = routing.MustParseAddress("kim@fabrikam.com"), "mx.fabrikam.com", "452 4.2.2 mailbox full", "Internet fabrikam.com"
	tracker.Read(context.Background(), e)
	w.Flush()

	for row, err := range tracking.Read(strings.NewReader(file.String())) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Timestamp.Format(time.TimeOnly), row.EventId, row.MessageId, row.Sender, row.Recipients, row.Status(0), row.Custom("Session"))
	}
	// Output:
	// 09:14:03 DEFER <1@contoso.com> ceo@contoso.com [kim@fabrikam.com] 452 4.2.2 mailbox full 7YHW2KQ5ZDTR3BXC
}
