package queues_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
	"github.com/interchange-smtp/interchange/routing"
)

// Exchange's cmdlets show the queue of a gateway. A program asks the one on a data directory by control.Do.
func Example() {
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	ask := func(_ context.Context, r control.Request) iter.Seq2[control.Event, error] {
		return func(yield func(control.Event, error) bool) {
			yield(control.Event{Hop: &control.Hop{Name: "Internet contoso.com", Connector: "Internet", Messages: 3, Retry: at.Add(time.Minute)}}, nil)
		}
	}
	live := &queues.Live{Ask: ask, Now: func() time.Time { return at }}
	in := shell.New(shell.Options{Server: routing.Server{Name: "EX01"}, Queues: live, Out: os.Stdout})
	if err := in.Run(context.Background(), "prompt", []byte(`Get-Queue | ForEach-Object { "$($_.Identity): $($_.Status), $($_.MessageCount)" }`)); err != nil {
		fmt.Println(err)
	}
	// Output: EX01\Internet contoso.com: Retry, 3
}
