package relaytest_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// A printer at 192.168.5.77 mails through a server at 10.2.3.4, and nothing of
// that needs a real network.
func Example() {
	var network relaytest.Network
	listener, err := network.Listen("10.2.3.4:25")
	if err != nil {
		log.Fatal(err)
	}
	sink := &relaytest.Sink{Hostname: "hub.contoso.com"}
	go sink.Serve(listener)
	defer sink.Close()

	conn, err := network.Dial(context.Background(),
		netip.MustParseAddr("192.168.5.77"), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		log.Fatal(err)
	}
	c := relaytest.NewClient(relaytest.Fatal, conn)
	fmt.Println(c.Expect(220))
	c.Do("EHLO printer.contoso.com", 250)
	c.Do("MAIL FROM:<printer@contoso.com>", 250)
	c.Do("RCPT TO:<amy@contoso.com>", 250)
	c.Do("DATA", 354)
	c.Send("Subject: toner", "", "low", ".")
	c.Expect(250)
	c.Do("QUIT", 221)

	m := sink.Messages()[0]
	fmt.Println(m.Remote.Addr(), m.From, m.To)
	fmt.Printf("%q\n", m.Data)
	// Output:
	// hub.contoso.com ESMTP Service Ready
	// 192.168.5.77 printer@contoso.com [amy@contoso.com]
	// "Subject: toner\r\n\r\nlow\r\n"
}

// A script makes the next hop as difficult as the test needs it.
func ExampleSink_script() {
	var network relaytest.Network
	listener, err := network.Listen("192.0.2.1:25")
	if err != nil {
		log.Fatal(err)
	}
	sink := &relaytest.Sink{Script: func(stage relaytest.Stage, argument string) string {
		if stage == relaytest.StageRcpt && argument == "gone@fabrikam.com" {
			return "550 5.1.1 User unknown"
		}
		return ""
	}}
	go sink.Serve(listener)
	defer sink.Close()

	conn, err := network.Dial(context.Background(),
		netip.MustParseAddr("10.2.3.4"), netip.MustParseAddrPort("192.0.2.1:25"))
	if err != nil {
		log.Fatal(err)
	}
	c := relaytest.NewClient(relaytest.Fatal, conn)
	c.Expect(220)
	c.Do("EHLO hub.contoso.com", 250)
	c.Do("MAIL FROM:<>", 250)
	fmt.Println(c.Do("RCPT TO:<gone@fabrikam.com>", 550))
	// Output: 5.1.1 User unknown
}
