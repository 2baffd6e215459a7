package event_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// A Reader prints what becomes of each recipient.
func Example() {
	policy, err := connector.Compile(connector.Config{Send: []connector.Send{{
		Name:          "To the gateway",
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts:    []param.SmartHost{param.MustParseSmartHost("192.168.5.77")},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	var network relaytest.Network // on which no server listens
	sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
	defer sender.Close()
	tracked := make(chan string)
	track := func(_ context.Context, e event.Event) {
		if e.Kind == event.Delivered || e.Kind == event.Deferred || e.Kind == event.Refused {
			tracked <- fmt.Sprintf("%v: %v at %s: %v", e.To, e.Kind, e.NextHop, e.Err)
		}
	}
	d := &dispatch.Dispatcher{Transport: sender, Store: new(queuetest.Store), Policy: policy, Events: []event.Reader{track}}
	ctx := context.Background()
	if err := d.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer d.Shutdown(ctx)

	env := &relay.Envelope{
		Envelope: envelope.Envelope{From: routing.MustParseAddress("amy@contoso.com")},
		To:       []envelope.Recipient{{To: routing.MustParseAddress("kim@fabrikam.com")}},
		Policy:   policy,
	}
	if _, err := relay.Deliver(ctx, d, env, strings.NewReader("Subject: hello\r\n\r\nHi\r\n")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-tracked)
	// Output:
	// kim@fabrikam.com: deferred at To the gateway [192.168.5.77]: 451 4.4.1 Next hop could not be reached: 192.168.5.77:25: connection refused
}
