package connector_test

import (
	"fmt"
	"log"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Two tenants share a server. The head of each may send as any address of its own
// tenant: the verifier returns the domain with the user, so no tenant needs a right
// that reaches the other. Fabrikam's group is denied relaying.
func Example_tenants() {
	fabrikam := permission.NameSID(`FABRIKAM\Users`)
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}, {DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name:             "Submission",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:587")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0/0")},
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
			PermissionGroups: param.Value(permission.ExchangeUsers),
			Permissions:      []permission.Grant{{To: fabrikam, Deny: permission.SetOf(permission.AcceptAnyRecipient)}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	boss := auth.Identity{
		Principal: permission.Authenticated(`contoso\boss`, permission.NameSID(`CONTOSO\Users`)),
		Domains:   []auth.SenderDomain{{Domain: routing.MustParseDomain("contoso.com")}},
	}
	kim := auth.Identity{
		Principal: permission.Authenticated(`fabrikam\kim`, fabrikam),
		Domains:   []auth.SenderDomain{{Domain: routing.MustParseDomain("fabrikam.com")}},
	}
	in := policy.Select(netip.MustParseAddrPort("10.0.0.1:587"), netip.MustParseAddr("198.51.100.7"), nil)
	for _, user := range []auth.Identity{boss, kim} {
		session, _ := in.Open(auth.Channel{TLS: true}, nil).Login(user)
		fmt.Println(user)
		for _, from := range []string{"ann@contoso.com", "ann@fabrikam.com"} {
			fmt.Println(" ", from, session.Mail(connector.Mail{From: routing.MustParseAddress(from)}).Reply())
		}
		fmt.Println("  to friend@example.net", session.Rcpt(connector.Rcpt{To: routing.MustParseAddress("friend@example.net")}).Reply())
	}
	// Output:
	// contoso\boss
	//   ann@contoso.com 250 2.1.0 Sender OK
	//   ann@fabrikam.com 550 5.7.60 SMTP; Client does not have permissions to send as this sender
	//   to friend@example.net 250 2.1.5 Recipient OK
	// fabrikam\kim
	//   ann@contoso.com 550 5.7.60 SMTP; Client does not have permissions to send as this sender
	//   ann@fabrikam.com 250 2.1.0 Sender OK
	//   to friend@example.net 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
}
