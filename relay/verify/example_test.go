package verify_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/verify"
	"github.com/interchange-smtp/interchange/routing"
)

// A connector with usage Internet notes the results of SPF, DKIM and DMARC in each message.
// Without a Resolver a Verifier asks the system's name servers.
func Example() {
	records := map[string]string{
		"contoso.com":        "v=spf1 ip4:198.51.100.7 -all",
		"_dmarc.contoso.com": "v=DMARC1; p=reject",
	}
	verifier := &verify.Verifier{Resolver: verify.ResolverFunc(func(_ context.Context, name string, t verify.RecordType) (verify.Records, error) {
		if text, ok := records[name]; ok && t == verify.TypeTXT {
			return verify.Records{Texts: []string{text}}, nil
		}
		return verify.Records{NoName: true}, nil
	})}
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name:     "Internet",
			Usage:    param.UsageInternet, // MessageAuthenticationMode is Note
			Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
			Fqdn:     "mx.fabrikam.com",
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := &relay.Server{
		Policy: policy,
		Hooks:  []relay.Hooks{verifier.Hooks()},
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
	defer c.Close()
	c.Expect(220)
	c.Do("EHLO mail.contoso.com", 250)
	c.Do("MAIL FROM:<kim@contoso.com>", 250)
	c.Do("RCPT TO:<lee@fabrikam.com>", 250)
	c.Do("DATA", 354)
	c.Do("From: kim@contoso.com\r\n\r\nhello\r\n.", 250)
	// Output:
	// Authentication-Results: mx.fabrikam.com;
	// 	spf=pass smtp.mailfrom=contoso.com;
	// 	dkim=none;
	// 	dmarc=pass header.from=contoso.com policy.dmarc=reject
}
