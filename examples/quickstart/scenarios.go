package main

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The addresses of the guide, and a few of people it doesn't mention.
var (
	hubAddr      = netip.MustParseAddr("10.2.3.4")
	mailboxAddr  = netip.MustParseAddr("10.2.3.9")
	deskAddr     = netip.MustParseAddr("10.2.3.20")
	gatewayAddr  = netip.MustParseAddr("192.168.5.77")
	securedAddr  = netip.MustParseAddr("192.168.1.10")
	strangerAddr = netip.MustParseAddr("203.0.113.50")
)

const (
	gatewayUser = "smtpgateway@fabrikam.com" // the gateway's account at HubA
	hubUser     = "huba@contoso.com"         // HubA's account at the gateway
	annUser     = "ann@fabrikam.com"
	password    = "pass phrase"
)

// scenario is a policy and who talks to it.
type scenario struct {
	name    string
	config  connector.Config
	dialogs []dialog
}

// dialog is one message that a client tries to send.
type dialog struct {
	what     string
	remote   netip.Addr
	user     string // logs on after STARTTLS; "": doesn't
	from, to string
}

// dialog returns d as the policy sees it.
func (d dialog) dialog() connector.Dialog {
	out := connector.Dialog{
		Local:  netip.AddrPortFrom(hubAddr, 25),
		Remote: d.remote,
		Helo:   "client.example",
		TLS:    d.user != "",
		From:   routing.MustParseAddress(d.from),
		To:     []routing.Address{routing.MustParseAddress(d.to)},
	}
	if d.user != "" {
		id := identity(d.user)
		out.User = &id
	}
	return out
}

func scenarios() []scenario {
	// Somebody in the office writes to the world, in every scenario.
	outbound := dialog{"from the office to the Internet", deskAddr, annUser, annUser, "carl@example.org"}
	return []scenario{
		{
			name: "Basic authentication: the default connector serves the gateway",
			config: policy(connector.Send{
				SmartHostAuthMechanism:   auth.BasicAuthRequireTLS,
				AuthenticationCredential: &param.Credential{UserName: hubUser, Password: password},
			}),
			dialogs: []dialog{
				{"from the gateway, logged on", gatewayAddr, gatewayUser, "dora@example.net", "bob@fabrikam.com"},
				outbound,
				{"the gateway without logging on", gatewayAddr, "", "dora@example.net", "carl@example.org"},
			},
		},
		{
			name: "Externally secured: the gateway's address is trusted",
			config: policy(connector.Send{
				Usage:                  param.UsageInternal,
				SmartHostAuthMechanism: auth.ExternalAuthoritative,
			}, connector.Receive{
				Name:             "FromInternetGateway",
				Usage:            param.UsageInternal,
				RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.1.10")},
				AuthMechanism:    param.Value(auth.ExternalAuthoritative),
				PermissionGroups: param.Value(permission.ExchangeServers),
			}),
			dialogs: []dialog{
				{"from the gateway, as a local user", securedAddr, "", "bob@fabrikam.com", "ann@fabrikam.com"},
				outbound,
				{"the same from another address", strangerAddr, "", "bob@fabrikam.com", "carl@example.org"},
			},
		},
		{
			name: "Anonymous relay: one address, one right granted by Add-ADPermission",
			config: policy(connector.Send{Usage: param.UsageInternet}, connector.Receive{
				Name:             "FromInternetGateway",
				Bindings:         []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")},
				RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.5.77")},
				PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions: []permission.Grant{{
					To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient),
				}},
			}),
			dialogs: []dialog{
				{"from the gateway, to the Internet", gatewayAddr, "", "dora@example.net", "carl@example.org"},
				{"from the gateway, to us", gatewayAddr, "", "dora@example.net", "bob@fabrikam.com"},
				outbound,
				{"the same from another address", strangerAddr, "", "dora@example.net", "carl@example.org"},
			},
		},
	}
}
