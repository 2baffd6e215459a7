package connector_test

import (
	"fmt"
	"log"
	"net/netip"
	"sync/atomic"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// printers lets the hosts of 10.1.0.0/16 send to contoso.com.
func printers() connector.Config {
	return connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
		Receive: []connector.Receive{{
			Name:             "Printers",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("10.1.0.0/16")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
		}},
		Send: []connector.Send{{
			Name:          "Mailboxes",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("contoso.com")},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost("mbx1.contoso.com")},
		}},
	}
}

// A policy is tested without a socket.
func Example() {
	policy, err := connector.Compile(printers())
	if err != nil {
		log.Fatal(err)
	}
	in := policy.Select(netip.MustParseAddrPort("10.0.0.1:25"), netip.MustParseAddr("10.1.2.3"), nil)
	session := in.Open(auth.Channel{}, nil)
	for _, to := range []string{"office@contoso.com", "friend@example.net"} {
		fmt.Println(session.Rcpt(connector.Rcpt{To: routing.MustParseAddress(to)}).Reply())
	}
	// Output:
	// 250 2.1.5 Recipient OK
	// 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
}

// A traced session records what its decisions look at.
func ExampleSession_Tracing() {
	policy, err := connector.Compile(printers())
	if err != nil {
		log.Fatal(err)
	}
	in := policy.Select(netip.MustParseAddrPort("10.0.0.1:25"), netip.MustParseAddr("10.1.2.3"), nil)
	var trace connector.Trace
	decision := in.Open(auth.Channel{}, nil).Tracing(&trace).Rcpt(connector.Rcpt{
		To: routing.MustParseAddress("friend@example.net"),
	})
	fmt.Println(decision)
	fmt.Print(trace)
	// Output:
	// refuse relay-denied
	// yes  recipient: the recipient is a mailbox
	// yes  submit: NT AUTHORITY\ANONYMOUS LOGON holds ms-Exch-SMTP-Submit; granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
	// yes  recipient-count: 1 of at most 200 recipients
	// no   accepted-domain: example.net is not an accepted domain
	// no   any-recipient: NT AUTHORITY\ANONYMOUS LOGON lacks ms-Exch-SMTP-Accept-Any-Recipient
}

// A running service loads the policy for each connection, and keeps it until the
// connection ends.
func ExamplePolicy_swap() {
	var current atomic.Pointer[connector.Policy]
	reload := func(cfg connector.Config) error {
		policy, err := connector.Compile(cfg)
		if err != nil {
			return err // and the old policy stays
		}
		current.Store(policy)
		return nil
	}
	serves := func(remote string) bool {
		return current.Load().Select(netip.MustParseAddrPort("10.0.0.1:25"), netip.MustParseAddr(remote), nil) != nil
	}

	cfg := printers()
	fmt.Println(reload(cfg), serves("10.9.0.1"))
	cfg.Receive[0].RemoteIPRanges = append(cfg.Receive[0].RemoteIPRanges, param.MustParseRange("10.9.0.0/24"))
	fmt.Println(serves("10.9.0.1"))
	fmt.Println(reload(cfg), serves("10.9.0.1"))
	cfg.Receive[0].MaxHopCount = 1000
	fmt.Println(reload(cfg) != nil, serves("10.9.0.1"))
	// Output:
	// <nil> false
	// false
	// <nil> true
	// true true
}

func ExamplePolicy_Route() {
	policy, err := connector.Compile(printers())
	if err != nil {
		log.Fatal(err)
	}
	for _, to := range []string{"office@contoso.com", "friend@example.net"} {
		route := policy.Route(routing.MustParseAddress(to), 0, nil)
		fmt.Printf("%s: %q, %s\n", to, route.Outbound.Name(), route.Decision().Reply())
	}
	// Output:
	// office@contoso.com: "Mailboxes", 250 2.1.5 Recipient OK
	// friend@example.net: "", 451 4.4.4 Unable to route
}

// A whole session, without a socket.
func ExamplePolicy_Walk() {
	policy, err := connector.Compile(printers())
	if err != nil {
		log.Fatal(err)
	}
	walk := policy.Walk(connector.Dialog{
		Local:  netip.MustParseAddrPort("10.0.0.1:25"),
		Remote: netip.MustParseAddr("10.1.2.3"),
		Helo:   "printer7",
		From:   routing.MustParseAddress("printer7@contoso.com"),
		To:     []routing.Address{routing.MustParseAddress("office@contoso.com")},
		Size:   50 << 10,
	})
	for _, stage := range walk.Stages {
		fmt.Println(stage.Name, stage.Decision)
	}
	fmt.Println(walk.Accepted())
	// Output:
	// connect accept ready
	// ehlo accept hello-ok
	// mail accept sender-ok
	// rcpt accept recipient-ok
	// route accept recipient-ok
	// data accept message-ok
	// true
}
