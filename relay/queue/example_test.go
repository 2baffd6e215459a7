package queue_test

import (
	"fmt"
	"time"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

func Example() {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := queue.Message{Recipients: []queue.Recipient{
		{Recipient: envelope.Recipient{To: routing.MustParseAddress("kim@contoso.com")}, Status: queue.Delivered},
		{Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")}, Next: noon.Add(5 * time.Minute)},
		{Recipient: envelope.Recipient{To: routing.MustParseAddress("pat@fabrikam.com")}, Next: noon.Add(time.Minute)},
	}}
	for _, r := range m.Recipients {
		fmt.Println(r.To, r.Status)
	}
	next, ok := m.Next()
	fmt.Println(next.Format(time.TimeOnly), ok)
	// Output:
	// kim@contoso.com delivered
	// lee@fabrikam.com waiting
	// pat@fabrikam.com waiting
	// 12:01:00 true
}
