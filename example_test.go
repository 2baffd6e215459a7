package interchange_test

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/routing"
)

// A policy answers what would become of a session, without a socket: a printer
// may send to the accepted domain and nowhere else.
func Example() {
	policy, err := jsonconfig.Compile("policy.json", []byte(`{
	  "Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}],
	  "Receive": [{"Name": "Printers", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.2.9.0/24"], "PermissionGroups": "AnonymousUsers"}],
	  "Send": [{"Name": "ToMailboxes", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, to := range []string{"ann@fabrikam.com", "friend@example.net"} {
		walk := policy.Walk(connector.Dialog{
			Local:  netip.MustParseAddrPort("10.2.3.4:25"),
			Remote: netip.MustParseAddr("10.2.9.7"),
			Helo:   "printer.fabrikam.com",
			From:   routing.MustParseAddress("printer@fabrikam.com"),
			To:     []routing.Address{routing.MustParseAddress(to)},
		})
		fmt.Println(to, "accepted:", walk.Accepted())
	}

	// Output:
	// ann@fabrikam.com accepted: true
	// friend@example.net accepted: false
}
