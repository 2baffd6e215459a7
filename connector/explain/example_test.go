package explain_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/routing"
)

const script = `New-AcceptedDomain Contoso -DomainName contoso.com -DomainType Authoritative
New-ReceiveConnector Internet -Usage Internet -Bindings 10.2.3.4:25 -Fqdn mail.contoso.com
New-ReceiveConnector Scanners -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 10.2.9.0/24 -PermissionGroups AnonymousUsers
New-SendConnector Out -AddressSpaces * -SmartHosts relay.contoso.com
`

// A scanner may not relay. Which decision refuses it, by which line, and what would let it in?
func ExampleSource_Stages() {
	policy, err := load.Files(context.Background(), load.Options{FQDN: "ex01.contoso.com", ReadFile: func(string) ([]byte, error) { return []byte(script), nil }}, "policy.ps1")
	if err != nil {
		panic(err)
	}
	answer := explain.Answers(policy.Policy, connector.Dialog{
		Remote: netip.MustParseAddr("10.2.9.7"), Local: netip.MustParseAddrPort("10.2.3.4:25"), Helo: "scanner",
		From: routing.MustParseAddress("scan@contoso.com"), To: []routing.Address{routing.MustParseAddress("boss@example.com")},
	})[0]
	for _, stage := range (explain.Source{Places: policy.Places}).Stages(answer.Walk) {
		if stage.Allowed || stage.Command == "DATA" {
			continue
		}
		fmt.Println(stage.Command)
		why := stage.Steps[len(stage.Steps)-1]
		fmt.Println("  " + why.Text)
		fmt.Println("  " + why.Basis[0])
		fmt.Println("  " + stage.Reply)
	}
	edit := explain.CuresOf(policy.Policy, answer).Edits[0]
	fmt.Println(edit.Text)
	for _, effect := range edit.Admits {
		fmt.Println(" ", explain.Sign(effect.Direction), effect.Text)
	}
	// Output:
	// RCPT TO:<boss@example.com>
	//   no   any-recipient: NT AUTHORITY\ANONYMOUS LOGON lacks ms-Exch-SMTP-Accept-Any-Recipient
	//   Receive["Scanners"].PermissionGroups = AnonymousUsers (policy.ps1:3)
	//   550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
	// grant ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON
	//   + Clients in 10.2.9.0/24 on 10.2.3.4:25 may now relay to any domain without authentication (connector "Scanners").
}
