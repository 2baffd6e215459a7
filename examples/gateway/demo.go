package main

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The demonstration's ports, names and account. All of it is on loopback, and
// mail ends at the terminal.
const (
	demoPort         = 2525 // every client
	demoSecuredPort  = 2526 // the externally secured gateway
	demoRelayPort    = 2527 // the gateway without authentication
	demoGatewayPort  = 2588 // the stand-in for smtpgateway1.contoso.com
	demoMailboxPort  = 2589 // the stand-in for the mailbox server
	demoHub          = "huba.fabrikam.com"
	demoGateway      = "smtpgateway1.contoso.com"
	demoMailbox      = "mailbox.fabrikam.com"
	demoUser         = "smtpgateway@fabrikam.com"
	demoPassword     = "Demo-2007"
	demoPeerUser     = "huba@contoso.com"
	demoPeerPassword = "Demo-gateway-2007"
)

// demonstration is the administrator's guide on one machine: HubA of
// fabrikam.com with its external SMTP gateway, secured in the guide's three
// ways. Ports stand for the guide's networks.
func demonstration() connector.Config {
	return connector.Config{
		Server:  "HubA",
		Servers: []routing.Server{{Name: "HubA", FQDN: demoHub}},
		Accepted: []routing.AcceptedDomain{
			{Name: "Fabrikam", DomainName: "fabrikam.com", Default: true},
		},
		Receive: demoReceive(),
		Send:    demoSend(),
	}
}

// demoReceive is where mail comes in. The default connector serves all ports;
// the other two are for one address only, whose smaller range wins.
func demoReceive() []connector.Receive {
	gateway := []param.Range{param.MustParseRange("127.0.0.1")}
	return []connector.Receive{
		{
			Name:             "Default HubA",
			Bindings:         onLoopback(demoPort, demoSecuredPort, demoRelayPort),
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0-255.255.255.255")},
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
			PermissionGroups: param.Value(permission.ExchangeUsers),
			// The gateway passes on mail of other senders.
			Permissions: []permission.Grant{{
				To:    permission.SIDAuthenticatedUsers,
				Allow: permission.SetOf(permission.AcceptAnySender),
			}},
		},
		{
			Name:             "FromSecuredGateway",
			Bindings:         onLoopback(demoSecuredPort),
			RemoteIPRanges:   gateway,
			AuthMechanism:    param.Value(auth.ExternalAuthoritative),
			PermissionGroups: param.Value(permission.ExchangeServers),
		},
		{
			Name:             "FromInternetGateway",
			Bindings:         onLoopback(demoRelayPort),
			RemoteIPRanges:   gateway,
			AuthMechanism:    param.Value(auth.TLS),
			PermissionGroups: param.Value(permission.AnonymousUsers),
			Permissions: []permission.Grant{{
				To:    permission.SIDAnonymous,
				Allow: permission.SetOf(permission.AcceptAnyRecipient),
			}},
		},
	}
}

// demoSend is where mail goes: out by the gateway, in to the mailbox server.
func demoSend() []connector.Send {
	return []connector.Send{
		{
			Name:                   "ToInternetGateway",
			AddressSpaces:          []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			SmartHosts:             []param.SmartHost{param.MustParseSmartHost(demoGateway)},
			SmartHostAuthMechanism: auth.BasicAuthRequireTLS,
			AuthenticationCredential: &param.Credential{
				UserName: demoPeerUser,
				Password: demoPeerPassword,
			},
			Port: demoGatewayPort,
		},
		{
			Name:          "ToMailboxServer",
			Usage:         param.UsageInternal,
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost(demoMailbox)},
			Port:          demoMailboxPort,
		},
	}
}

// onLoopback are bindings to ports of this machine.
func onLoopback(ports ...uint16) []netip.AddrPort {
	bindings := make([]netip.AddrPort, len(ports))
	for i, port := range ports {
		bindings[i] = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	}
	return bindings
}
