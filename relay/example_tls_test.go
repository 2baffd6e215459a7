package relay_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// A server gets a certificate while it serves: the connection that is open goes on, and
// the next one is offered STARTTLS. TLSConfig asks for TLS 1.3.
func ExampleServer_SetCertificates() {
	policy, err := connector.Compile(connector.Config{Receive: []connector.Receive{{
		Name:             "Internet",
		Fqdn:             "mail.fabrikam.com",
		Bindings:         []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
		RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
		AuthMechanism:    param.Value(auth.TLS),
		PermissionGroups: param.Value(permission.AnonymousUsers),
	}}})
	if err != nil {
		log.Fatal(err)
	}
	server := &relay.Server{
		Policy:    policy,
		Handler:   relay.HandlerFunc(func(context.Context, *relay.Envelope, io.Reader) error { return nil }),
		TLSConfig: func(_ *connector.Inbound, c *tls.Config) { c.MinVersion = tls.VersionTLS13 },
	}
	var network relaytest.Network
	listener, err := network.Listen("10.2.3.4:25")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	hello := func() *relaytest.Client {
		conn, err := network.Dial(context.Background(), netip.MustParseAddr("203.0.113.9"), netip.MustParseAddrPort("10.2.3.4:25"))
		if err != nil {
			log.Fatal(err)
		}
		c := relaytest.NewClient(relaytest.Fatal, conn)
		c.Expect(220)
		c.Do("EHLO mx.example.net", 250)
		return c
	}

	before := hello()
	authority, err := relaytest.NewAuthority("Fabrikam CA")
	if err != nil {
		log.Fatal(err)
	}
	certificate, err := authority.Issue("mail.fabrikam.com")
	if err != nil {
		log.Fatal(err)
	}
	if err := server.SetCertificates([]tls.Certificate{certificate}); err != nil {
		log.Fatal(err)
	}
	before.Do("MAIL FROM:<amy@example.net>", 250)

	after := hello()
	after.StartTLS(&tls.Config{RootCAs: authority.Pool(), ServerName: "mail.fabrikam.com"})
	fmt.Println(tls.VersionName(after.Conn.(*tls.Conn).ConnectionState().Version))
	// Output:
	// TLS 1.3
}
