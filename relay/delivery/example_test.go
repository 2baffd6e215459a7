package delivery_test

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
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// A message goes to the smart host of the only Send connector, and another
// one is refused there.
func Example() {
	var network relaytest.Network
	listener, err := network.Listen("192.168.5.77:25")
	if err != nil {
		log.Fatal(err)
	}
	gateway := &relaytest.Sink{Script: func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt && strings.HasPrefix(argument, "gone@") {
			return "550 5.1.1 User unknown"
		}
		return ""
	}}
	go gateway.Serve(listener)
	defer gateway.Close()

	policy, err := connector.Compile(connector.Config{Send: []connector.Send{{
		Name:          "To the gateway",
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts:    []param.SmartHost{param.MustParseSmartHost("192.168.5.77")},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
	defer sender.Close()

	for _, to := range []string{"kim@fabrikam.com", "gone@fabrikam.com"} {
		ctx := context.Background()
		env := &relay.Envelope{Policy: policy, Envelope: envelope.Envelope{From: routing.MustParseAddress("amy@contoso.com")}}
		tx, err := sender.Begin(ctx, env)
		if err != nil {
			log.Fatal(err)
		}
		err = tx.Rcpt(ctx, envelope.Recipient{To: routing.MustParseAddress(to)}) // asks the gateway
		if err == nil {
			_, err = tx.Deliver(ctx, strings.NewReader("Subject: hello\r\n\r\nHi\r\n"))
		}
		fmt.Println(to, err)
		tx.Close()
	}
	fmt.Println(len(gateway.Messages()), "arrived")
	// Output:
	// kim@fabrikam.com <nil>
	// gone@fabrikam.com 550 5.1.1 User unknown: RCPT: next hop said "550 5.1.1 User unknown"
	// 1 arrived
}

// One attempt for two recipients; the next hop refuses one of them for now.
func ExampleSender_Send() {
	var network relaytest.Network
	listener, err := network.Listen("192.168.5.77:25")
	if err != nil {
		log.Fatal(err)
	}
	gateway := &relaytest.Sink{Script: func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt && strings.HasPrefix(argument, "lee@") {
			return "452 4.2.2 Mailbox full"
		}
		return ""
	}}
	go gateway.Serve(listener)
	defer gateway.Close()

	policy, err := connector.Compile(connector.Config{Send: []connector.Send{{
		Name:          "Gateway",
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts:    []param.SmartHost{param.MustParseSmartHost("192.168.5.77")},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	sender := &delivery.Sender{Dial: network.Host(netip.MustParseAddr("10.2.3.4")).Dial}
	defer sender.Close()

	env := &envelope.Envelope{From: routing.MustParseAddress("amy@contoso.com")}
	to := []envelope.Recipient{
		{To: routing.MustParseAddress("kim@fabrikam.com")},
		{To: routing.MustParseAddress("lee@fabrikam.com")},
	}
	hop, err := delivery.NextHopFor(policy, to[0].To, 0)
	if err != nil {
		log.Fatal(err)
	}
	outcomes, err := sender.Send(context.Background(), hop, env, to, strings.NewReader("Subject: hello\r\n\r\nHi\r\n"))
	fmt.Println("by", hop, err)
	for i, o := range outcomes {
		fmt.Printf("%s: %s; %v\n", to[i].To, o.Reply, o.Err == nil)
	}
	// Output:
	// by Gateway [192.168.5.77] <nil>
	// kim@fabrikam.com: 250 2.0.0 OK: queued; true
	// lee@fabrikam.com: 452 4.2.2 Mailbox full; false
}
