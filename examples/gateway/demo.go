package main

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The demonstration's ports, names and account. All of it is on loopback, and
// the mail goes nowhere but to the terminal.
const (
	demoPort         = 2525 // everybody
	demoSecuredPort  = 2526 // the externally secured gateway
	demoRelayPort    = 2527 // the gateway without authentication
	demoGatewayPort  = 2588 // our stand-in for smtpgateway1.contoso.com
	demoMailboxPort  = 2589 // our stand-in for the mailbox server
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
// ways. Ports stand for the guide's networks. The default connector serves
// all of them; the other two are for one address only, whose smaller range
// wins.
func demonstration() connector.Config {
	loopback := netip.MustParseAddr("127.0.0.1")
	at := func(ports ...uint16) []netip.AddrPort {
		var bindings []netip.AddrPort
		for _, port := range ports {
			bindings = append(bindings, netip.AddrPortFrom(loopback, port))
		}
		return bindings
	}
	gateway := []connector.Range{connector.MustParseRange("127.0.0.1")}
	return connector.Config{
		Server:  "HubA",
		Servers: []routing.Server{{Name: "HubA", FQDN: demoHub}},
		Accepted: []routing.AcceptedDomain{
			{Name: "Fabrikam", DomainName: "fabrikam.com", Default: true},
		},
		Receive: []connector.Receive{
			{
				Name:             "Default HubA",
				Bindings:         at(demoPort, demoSecuredPort, demoRelayPort),
				RemoteIPRanges:   []connector.Range{connector.MustParseRange("0.0.0.0-255.255.255.255")},
				AuthMechanism:    connector.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
				PermissionGroups: connector.Value(permission.ExchangeUsers),
				// The gateway passes on what others wrote.
				Permissions: []permission.Grant{{
					To:    permission.SIDAuthenticatedUsers,
					Allow: permission.SetOf(permission.AcceptAnySender),
				}},
			},
			{
				Name:             "FromSecuredGateway",
				Bindings:         at(demoSecuredPort),
				RemoteIPRanges:   gateway,
				AuthMechanism:    connector.Value(auth.ExternalAuthoritative),
				PermissionGroups: connector.Value(permission.ExchangeServers),
			},
			{
				Name:             "FromInternetGateway",
				Bindings:         at(demoRelayPort),
				RemoteIPRanges:   gateway,
				AuthMechanism:    connector.Value(auth.TLS),
				PermissionGroups: connector.Value(permission.AnonymousUsers),
				Permissions: []permission.Grant{{
					To:    permission.SIDAnonymous,
					Allow: permission.SetOf(permission.AcceptAnyRecipient),
				}},
			},
		},
		Send: []connector.Send{
			{
				Name:                   "ToInternetGateway",
				AddressSpaces:          []routing.AddressSpace{routing.MustParseAddressSpace("*")},
				SmartHosts:             []connector.SmartHost{connector.MustParseSmartHost(demoGateway)},
				SmartHostAuthMechanism: auth.BasicAuthRequireTLS,
				AuthenticationCredential: &connector.Credential{
					UserName: demoPeerUser,
					Password: demoPeerPassword,
				},
				Port: demoGatewayPort,
			},
			{
				Name:          "ToMailboxServer",
				Usage:         connector.UsageInternal,
				AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
				SmartHosts:    []connector.SmartHost{connector.MustParseSmartHost(demoMailbox)},
				Port:          demoMailboxPort,
			},
		},
	}
}
