package control_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/routing"
)

// An operator lists what waits for a domain. (A gateway.Gateway with a data directory
// has the server's half of this.)
func Example() {
	ctx := context.Background()
	store := new(queuetest.Store)
	message := &queue.Message{Envelope: envelope.Envelope{ID: "2PBDRS2VVRYG4GDR", From: routing.MustParseAddress("ann@fabrikam.com")},
		Recipients: []queue.Recipient{{Recipient: envelope.Recipient{To: routing.MustParseAddress("kim@contoso.com")}}}}
	if err := store.Put(ctx, message, strings.NewReader("Subject: hello\r\n\r\n"), queue.Lease{Holder: "example"}); err != nil {
		log.Fatal(err)
	}
	policy, err := connector.Compile(connector.Config{}) // without Send connectors, so that the message waits
	if err != nil {
		log.Fatal(err)
	}
	d := &dispatch.Dispatcher{Transport: new(delivery.Sender), Store: store, Policy: policy}
	if err := d.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer d.Shutdown(ctx)

	dir, err := os.MkdirTemp("", "control")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	listener, err := control.Listen(dir)
	if err != nil {
		log.Fatal(err)
	}
	server := control.NewServer(listener, d, store, slog.Default())
	go server.Serve()
	defer server.Close()

	request := control.Request{Action: control.List, Filter: control.Filter{RecipientDomain: "contoso.com"}}
	for event, err := range control.Do(ctx, dir, request) {
		switch {
		case err != nil:
			log.Fatal(err)
		case event.Message != nil:
			m := event.Message
			fmt.Println(m.ID, m.From, m.Recipients[0].To, m.Recipients[0].Status)
		case event.End != nil:
			fmt.Println(event.End.Messages, "message")
		}
	}
	// Output:
	// 2PBDRS2VVRYG4GDR ann@fabrikam.com kim@contoso.com waiting
	// 1 message
}
