package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// A whole relay in memory: a connector that one application may relay through,
// and what becomes of the same message from there and from elsewhere.
func Example() {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name:             "Applications",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.5.0/24")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
			Permissions: []permission.Grant{
				{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
			},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := &relay.Server{
		Policy: policy,
		Handler: relay.HandlerFunc(func(_ context.Context, env *relay.Envelope, body io.Reader) error {
			message, err := io.ReadAll(body)
			_, text, _ := strings.Cut(string(message), "\r\n\r\n")
			fmt.Printf("%s: %s to %s: %q\n", env.Connector, env.From, env.To[0].To, text)
			return err
		}),
	}
	var network relaytest.Network
	listener, err := network.Listen("10.2.3.4:25")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()

	dial := func(from string) *relaytest.Client {
		conn, err := network.Dial(context.Background(), netip.MustParseAddr(from), netip.MustParseAddrPort("10.2.3.4:25"))
		if err != nil {
			log.Fatal(err)
		}
		return relaytest.NewClient(relaytest.Fatal, conn)
	}
	c := dial("192.168.5.77")
	c.Expect(220)
	c.Do("EHLO app.fabrikam.com", 250)
	c.Do("MAIL FROM:<app@fabrikam.com>", 250)
	c.Do("RCPT TO:<bob@contoso.com>", 250)
	c.Do("DATA", 354)
	c.Send("Subject: report", "", "All is well.", ".")
	c.Expect(250)

	dial("192.168.6.1").Closed()
	fmt.Println("192.168.6.1 is not served")
	// Output:
	// Applications: app@fabrikam.com to bob@contoso.com: "All is well.\r\n"
	// 192.168.6.1 is not served
}

// A Handler gives the client's reply with an Error; other errors are kept
// from it.
func ExampleError() {
	err := &relay.Error{
		Reply: reply.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "User unknown"},
		Err:   errors.New("the directory has no such entry"),
	}
	fmt.Println(err.Reply)
	fmt.Println(err)
	// Output:
	// 550 5.1.1 User unknown
	// 550 5.1.1 User unknown: the directory has no such entry
}
