// Command quickstart runs the three scenarios of the administrator's guide in
// one process: HubA of fabrikam.com, and the external SMTP gateway that stands
// between it and the Internet. Mail goes both ways, over a network in memory
// with the guide's own addresses, so nothing has to be configured.
//
//	go run ./examples/quickstart
//
// This file is how the library is used; the connectors are in scenarios.go,
// the servers around HubA in peers.go and the clients in client.go.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/routing"
)

func main() {
	for _, s := range scenarios() {
		if err := s.run(os.Stdout); err != nil {
			log.Fatalf("%s: %v", s.name, err)
		}
	}
}

// policy returns the configuration that the scenarios share.
func policy(send connector.Send, receive ...connector.Receive) connector.Config {
	send.Name = "ToInternetGateway"
	send.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("*")}
	send.SmartHosts = []param.SmartHost{param.MustParseSmartHost("smtpgateway1.contoso.com")}
	return connector.Config{
		Servers:  []routing.Server{{Name: "HubA", FQDN: "huba.fabrikam.com"}},
		Accepted: []routing.AcceptedDomain{{Name: "Fabrikam", DomainName: "fabrikam.com"}},
		Receive: append(receive, connector.Receive{
			Name:             "Default HubA",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
			PermissionGroups: param.Value(permission.ExchangeUsers),
			TarpitInterval:   param.Value(time.Duration(0)), // its 5 seconds slow down guessing clients
			Permissions:      []permission.Grant{{To: permission.NameSID(gatewayUser), Allow: permission.SetOf(permission.AcceptAnySender)}},
		}),
		Send: []connector.Send{send, {
			Name:          "ToMailboxes",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost("10.2.3.9")},
		}},
	}
}

// run serves the policy of the scenario and runs its dialogs.
func (s scenario) run(out io.Writer) error {
	policy, err := connector.Compile(s.config)
	if err != nil {
		return err
	}
	w, err := newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	sender := &delivery.Sender{Resolver: &w.names, Dial: w.network.Host(hubAddr).Dial, RootCAs: w.ca.Pool(),
		Local: func(a netip.Addr) bool { return a == hubAddr }}
	defer sender.Close()
	server := &relay.Server{
		Policy:       policy,
		Handler:      sender,
		Verifier:     auth.VerifierFunc(w.verify),
		Certificates: []tls.Certificate{w.hubCertificate},
	}
	listener, err := w.network.Listen("10.2.3.4:25")
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()

	fmt.Fprintf(out, "\n== %s\n", s.name)
	for _, d := range s.dialogs {
		walk := policy.Walk(d.dialog()) // what the policy says, without a socket
		print(out, d, walk)
		fmt.Fprintf(out, "   on the wire: %s\n", w.send(d)) // and what the relay does
	}
	return errors.Join(server.Shutdown(context.Background()), <-done)
}
