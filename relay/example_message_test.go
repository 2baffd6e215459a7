package relay_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	mail "github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// checkSPF stands for a library that looks up the sender policy of a domain.
func checkSPF(client netip.Addr, helo, sender string) (result string) {
	if client == netip.MustParseAddr("198.51.100.7") && strings.HasSuffix(sender, "@contoso.com") {
		return "pass"
	}
	return "fail"
}

// authenticate writes the results of its checks into a field under the name of the Receive
// connector, and removes fields that others have written under that name. It leaves the mail
// of clients alone that no spam filter may touch.
func authenticate(_ context.Context, env *relay.Envelope, m *mail.Message) error {
	server := env.Inbound.Fqdn()
	m.Header().DropFunc(func(f mail.Field) bool {
		return strings.EqualFold(f.Name, "Authentication-Results") && strings.Contains(strings.ToLower(f.Value()), strings.ToLower(server))
	})
	if env.Rights.Has(permission.BypassAntiSpam) {
		return nil
	}
	sender := cmp.Or(env.From.String(), "postmaster@"+env.Helo)
	fmt.Printf("connector %s, TLS %v\n", env.Inbound.Name(), env.TLS != nil)
	return m.Header().Prepend(fmt.Sprintf("Authentication-Results: %s;\r\n\tspf=%s smtp.mailfrom=%q", server, checkSPF(env.Remote.Addr(), env.Helo, sender), sender))
}

// A verifier sees each message before the Handler does.
func ExampleHooks_message() {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name:             "Internet",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
			Fqdn:             "mx.fabrikam.com",
			PermissionGroups: param.Value(permission.AnonymousUsers),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := &relay.Server{
		Policy: policy,
		Hooks:  []relay.Hooks{{Message: authenticate}},
		Handler: relay.HandlerFunc(func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			message, err := io.ReadAll(body)
			field, _, _ := strings.Cut(string(message), "Received:")
			fmt.Print(strings.ReplaceAll(field, "\r\n", "\n"))
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

	conn, err := network.Dial(context.Background(), netip.MustParseAddr("198.51.100.7"), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		log.Fatal(err)
	}
	c := relaytest.NewClient(relaytest.Fatal, conn)
	c.Expect(220)
	c.Do("EHLO mail.contoso.com", 250)
	c.Do("MAIL FROM:<bob@contoso.com>", 250)
	c.Do("RCPT TO:<amy@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.Send("Authentication-Results: MX.fabrikam.com; spf=pass (forged)", "Subject: hello", "", "Hello.", ".")
	c.Expect(250)
	// Output:
	// connector Internet, TLS false
	// Authentication-Results: mx.fabrikam.com;
	// 	spf=pass smtp.mailfrom="bob@contoso.com"
}
