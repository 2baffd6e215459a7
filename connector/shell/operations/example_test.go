package operations_test

import (
	"context"
	"fmt"
	"iter"
	"os"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/routing"
)

// fixed is a queue that doesn't change.
type fixed []operations.Queue

func (f fixed) Queues(context.Context) ([]operations.Queue, error) { return f, nil }

func (f fixed) Messages(context.Context, operations.Selection) iter.Seq2[operations.Message, error] {
	return func(func(operations.Message, error) bool) {}
}

func (f fixed) Change(_ context.Context, _ operations.Action, s operations.Selection) (int, error) {
	fmt.Println("suspended:", s.Queue)
	return 0, nil
}

func (f fixed) Content(context.Context, string) ([]byte, error) { return nil, nil }

// The cmdlets of Exchange work on whatever queue a program has.
func Example() {
	queues := fixed{
		{Name: "Internet contoso.com", NextHopDomain: "contoso.com", NextHopConnector: "Internet", DeliveryType: "DnsConnectorDelivery", Status: "Retry", Messages: 3},
		{Name: "Internet fabrikam.com", NextHopDomain: "fabrikam.com", NextHopConnector: "Internet", DeliveryType: "DnsConnectorDelivery", Status: "Active", Messages: 1},
	}
	in := shell.New(shell.Options{Server: routing.Server{Name: "EX01"}, Queues: queues, Out: os.Stdout})
	err := in.Run(context.Background(), "prompt", []byte(`
		Get-Queue -Filter {Status -eq "Retry"} | ForEach-Object { "$($_.Identity): $($_.MessageCount)" }
		Get-Queue contoso.com | Suspend-Queue -Confirm:$false`))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// EX01\Internet contoso.com: 3
	// suspended: Internet contoso.com
}
