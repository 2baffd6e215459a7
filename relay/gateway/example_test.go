package gateway_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"net/smtp"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// network is what the examples use in place of the machine's network.
var network relaytest.Network

// office is the policy of a server at 10.2.3.4 that accepts mail for one domain and
// delivers it to the mailbox server at 10.2.3.9.
func office(domain string) *connector.Policy {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: domain}},
		Receive: []connector.Receive{{
			Name:             "FromOffice",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("10.2.0.0/16")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
			TarpitInterval:   param.Value(time.Duration(0)), // refusals are not delayed
		}},
		Send: []connector.Send{{
			Name:          "ToMailboxes",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace(domain)},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost("10.2.3.9")},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return policy
}

// newGateway returns a gateway with its queue in dir.
func newGateway(dir string, policy *connector.Policy) *gateway.Gateway {
	g := &gateway.Gateway{Config: gateway.Config{Policy: policy}, Dir: dir}
	// Without these two it has the machine's network.
	g.Server.Listen = func(_ context.Context, _, address string) (net.Listener, error) { return network.Listen(address) }
	g.Sender.Dial = network.Host(netip.MustParseAddr("10.2.3.4")).Dial
	return g
}

// send sends a message from a client in the office and returns the server's refusal.
func send(to string) error {
	conn, err := network.Dial(context.Background(), netip.MustParseAddr("10.2.9.7"), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		return err
	}
	client, err := smtp.NewClient(conn, "10.2.3.4")
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Mail("scanner@fabrikam.com"); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	fmt.Fprint(w, "Subject: scan\r\n\r\nHello\r\n")
	return w.Close()
}

// A message is accepted while the mailbox server is down. It is still there after a
// restart, and delivered when the mailbox server is up.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "gateway")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	g := newGateway(dir, office("fabrikam.com"))
	if err := g.Start(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("bob@fabrikam.com:", send("bob@fabrikam.com"))
	fmt.Println("kim@contoso.com:", send("kim@contoso.com"))
	if err := g.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}

	var mailboxes relaytest.Sink
	listener, err := network.Listen("10.2.3.9:25")
	if err != nil {
		log.Fatal(err)
	}
	go mailboxes.Serve(listener)
	defer mailboxes.Close()

	g = newGateway(dir, office("fabrikam.com"))
	if err := g.Start(ctx); err != nil {
		log.Fatal(err)
	}
	delivered, err := mailboxes.Wait(ctx, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("delivered to", delivered[0].To[0])

	if err := g.Reload(gateway.Config{Policy: office("contoso.com")}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("kim@contoso.com:", send("kim@contoso.com"))
	if err := g.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// bob@fabrikam.com: <nil>
	// kim@contoso.com: 550 "5.7.54 SMTP; Unable to relay recipient in non-accepted domain"
	// delivered to bob@fabrikam.com
	// kim@contoso.com: <nil>
}

// A durable gateway: its policy comes from Exchange commands, its queue is in a directory.
// SIGHUP makes it read the policy again, and SIGTERM stops it; what it has accepted is
// then delivered or on the queue.
func ExampleGateway_Run() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	policy, err := load.Files(ctx, load.Options{}, "connectors.ps1")
	if err != nil {
		log.Fatal(err) // every mistake, with its file and line
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: policy.Policy}, Dir: "/var/lib/gateway", Logger: slog.Default()}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	go func() {
		for range hangup {
			next, err := load.Files(ctx, load.Options{}, "connectors.ps1")
			if err == nil {
				err = g.Reload(gateway.Config{Policy: next.Policy}) // all of it, or nothing
			}
			slog.Info("reload", "error", err)
		}
	}()
	if err := g.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
