package access_test

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// Example lists which clients may send and relay, with the reasons.
func Example() {
	policy, err := connector.Compile(connector.Config{Receive: []connector.Receive{{
		Name:             "Apps",
		Bindings:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
		RemoteIPRanges:   []param.Range{param.MustParseRange("10.0.0.0/8")},
		AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
		Permissions:      []permission.Grant{{To: permission.NameSID(`CONTOSO\interns`), Deny: permission.SetOf(permission.AcceptAnyRecipient)}},
	}}})
	if err != nil {
		panic(err)
	}
	rows, total := access.New(policy).Rows(access.Query{Rights: permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)})
	if err := access.WriteText(os.Stdout, rows); err != nil {
		panic(err)
	}
	fmt.Println(total, "rows")
	// Output:
	// Apps
	//   NT AUTHORITY\ANONYMOUS LOGON
	//     allowed  ms-Exch-SMTP-Submit
	//              granted to NT AUTHORITY\ANONYMOUS LOGON by AnonymousUsers
	//     absent   ms-Exch-SMTP-Accept-Any-Recipient
	//              never granted
	//   NT AUTHORITY\Authenticated Users
	//     allowed  ms-Exch-SMTP-Submit, ms-Exch-SMTP-Accept-Any-Recipient
	//              granted to NT AUTHORITY\Authenticated Users by ExchangeUsers
	//   contoso\interns
	//     allowed  ms-Exch-SMTP-Submit
	//              granted to NT AUTHORITY\Authenticated Users by ExchangeUsers
	//     denied   ms-Exch-SMTP-Accept-Any-Recipient
	//              denied to contoso\interns by Add-ADPermission; overridden: granted to NT AUTHORITY\Authenticated Users by ExchangeUsers
	// 3 rows
}
