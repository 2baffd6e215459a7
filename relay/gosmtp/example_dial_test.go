package gosmtp_test

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// A client of a smart host. The connector demands TLS, so that there is no client of a host
// without it.
func ExampleDial() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	smartHost := new(relaytest.Sink)
	go smartHost.Serve(l)
	defer smartHost.Close()
	for _, requireTLS := range []bool{false, true} {
		policy, err := connector.Compile(connector.Config{
			Server: "hub.contoso.com",
			Send: []connector.Send{{
				Name:          "ToSmartHost",
				AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
				SmartHosts:    []param.SmartHost{param.MustParseSmartHost("127.0.0.1")},
				Port:          l.Addr().(*net.TCPAddr).Port,
				RequireTLS:    requireTLS,
			}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		to := routing.MustParseAddress("kim@example.net")
		route := policy.Route(to, 0, nil)
		client, err := gosmtp.Dial(context.Background(), route.Outbound, to.Domain(), new(delivery.Sender))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(client.SendMail("amy@contoso.com", []string{to.String()}, strings.NewReader("Subject: hello\r\n\r\n")))
		client.Close()
	}
	// Output:
	// <nil>
	// the Send connector "ToSmartHost": 127.0.0.1: STARTTLS: STARTTLS is required but not offered
}
