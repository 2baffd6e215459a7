package dispatch_test

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
	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/relay/queue/queuetest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// A message comes while its next hop is down. The client hears that it was
// taken, and it waits on the queue.
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
	d := &dispatch.Dispatcher{Transport: sender, Store: new(queuetest.Store), Policy: policy}
	ctx := context.Background()
	if err := d.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer d.Shutdown(ctx)

	// A relay.Server does this, and its Envelope names the Receive connector.
	env := &relay.Envelope{
		Envelope: envelope.Envelope{From: routing.MustParseAddress("amy@contoso.com")},
		To:       []envelope.Recipient{{To: routing.MustParseAddress("kim@fabrikam.com")}},
		Policy:   policy,
	}
	receipt, err := relay.Deliver(ctx, d, env, strings.NewReader("Subject: hello\r\n\r\nHi\r\n"))
	fmt.Println(err, receipt.Result)

	waiting := queue.Filter{Statuses: []queue.Status{queue.Waiting}}
	for m, err := range d.List(ctx, waiting) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.From, m.Recipients[0].To, m.Recipients[0].Hop)
	}
	fmt.Println(d.Suspend(ctx, waiting, nil))
	// Output:
	// <nil> queued
	// amy@contoso.com kim@fabrikam.com To the gateway [192.168.5.77]
	// 1 <nil>
}

// An application hands in a message and learns what becomes of it.
func ExampleDispatcher_Enqueue() {
	policy, err := connector.Compile(connector.Config{Send: []connector.Send{{
		Name:          "To the gateway",
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts:    []param.SmartHost{param.MustParseSmartHost("192.168.5.77")},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	var network relaytest.Network
	listener, err := network.Listen("192.168.5.77:25")
	if err != nil {
		log.Fatal(err)
	}
	var gateway relaytest.Sink
	go gateway.Serve(listener)
	defer gateway.Close()
	sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
	defer sender.Close()

	fate := make(chan event.Event, 2)
	d := &dispatch.Dispatcher{Transport: sender, Store: new(queuetest.Store), Policy: policy,
		Events: []event.Reader{func(_ context.Context, e event.Event) { fate <- e }}}
	ctx := context.Background()
	if err := d.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer d.Shutdown(ctx)

	id, err := d.Enqueue(ctx, dispatch.Mail{
		From: routing.MustParseAddress("billing@contoso.com"),
		To:   []envelope.Recipient{{To: routing.MustParseAddress("kim@fabrikam.com")}},
	}, strings.NewReader("Subject: Invoice 7\n\nPlease pay.\n"))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		e := <-fate
		fmt.Printf("%t %v: %v %q\n", e.ID == id, e.To, e.Kind, e.Reply)
	}
	// Output:
	// true kim@fabrikam.com: message accepted ""
	// true kim@fabrikam.com: delivered "250 2.0.0 OK: queued"
}
