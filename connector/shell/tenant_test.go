package shell_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/policytest"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/routing"
)

// TestTenantGroups grants rights to the groups of two tenants. The members hold them by
// their group alone, and send as the domains that they have themselves.
func TestTenantGroups(t *testing.T) {
	in := shell.New(shell.Options{Server: routing.Server{Name: "EX01"}})
	err := in.Run(t.Context(), "tenants.ps1", []byte(`
New-AcceptedDomain Contoso -DomainName contoso.com
New-AcceptedDomain Fabrikam -DomainName fabrikam.com
New-ReceiveConnector Tenants -TransportRole FrontendTransport -Usage Custom -PermissionGroups None `+"`"+`
    -AuthMechanism Tls, BasicAuth, BasicAuthRequireTLS -Bindings 10.2.3.4:587 -RemoteIPRanges 10.0.0.0/8
$tenants = Get-ReceiveConnector Tenants
$tenants | Add-ADPermission -User 'CONTOSO\Mailers' -ExtendedRights ms-Exch-SMTP-Submit, ms-Exch-SMTP-Accept-Any-Recipient
$tenants | Add-ADPermission -User 'FABRIKAM\Mailers' -ExtendedRights ms-Exch-SMTP-Submit
`))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := connector.Compile(in.Config())
	if err != nil {
		t.Fatal(err)
	}
	from := func(name, group, domain, from, to string, want policytest.Outcome) policytest.Case {
		c := policytest.Case{Name: name, Local: "10.2.3.4:587", Remote: "10.2.9.8", TLS: true, User: "boss", Domains: []string{domain},
			From: from, To: []string{to}, Want: want, Connector: "Tenants"}
		if group != "" {
			c.Groups = []string{group}
		}
		return c
	}
	const boss, kim, friend = "boss@contoso.com", "kim@fabrikam.com", "friend@example.net"
	policytest.Run(t, policy, []policytest.Case{
		from("contoso relays as itself", `contoso\mailers`, "contoso.com", boss, friend, policytest.LetIn()),
		from("contoso as fabrikam", `CONTOSO\Mailers`, "contoso.com", kim, friend, policytest.Refused(reply.SendAsDenied)),
		from("fabrikam as itself", `FABRIKAM\Mailers`, "fabrikam.com", kim, boss, policytest.LetIn()),
		from("fabrikam relays", `FABRIKAM\Mailers`, "fabrikam.com", kim, friend, policytest.Refused(reply.RelayDenied)),
		from("fabrikam as contoso", `FABRIKAM\Mailers`, "fabrikam.com", boss, kim, policytest.Refused(reply.SendAsDenied)),
		from("a domain without a group", "", "contoso.com", boss, friend, policytest.Refused(reply.LoginWithoutSubmit)),
		from("another group", `NORTHWIND\Mailers`, "contoso.com", boss, friend, policytest.Refused(reply.LoginWithoutSubmit)),
	})
}
