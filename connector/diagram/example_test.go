package diagram_test

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func Example() {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "fabrikam.com"}},
		Receive: []connector.Receive{{
			Name:             "Default",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0/0")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
		}},
		Send: []connector.Send{{
			Name:          "ToMailboxes",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("fabrikam.com")},
			SmartHosts:    []param.SmartHost{param.MustParseSmartHost("10.2.3.9")},
		}},
	})
	if err != nil {
		panic(err)
	}
	fmt.Print(diagram.New(policy, diagram.Options{}).Mermaid())
	// Output:
	// flowchart LR
	//   %% Mail through localhost
	//   subgraph column1["Who connects"]
	//     from1["every IPv4 address<br/>at 0.0.0.0:25"]
	//   end
	//   subgraph column2["Receive connectors"]
	//     receive1["<b>Default</b><br/>Tls<br/>anonymous: submit, any sender"]
	//   end
	//   subgraph column3["Mail for"]
	//     own["<b>Accepted domains</b><br/>fabrikam.com"]
	//     other["<b>All other domains</b><br/>no client may relay"]
	//   end
	//   subgraph column4["Send connectors"]
	//     send1["<b>ToMailboxes</b><br/>fabrikam.com"]
	//   end
	//   subgraph column5["Next hops"]
	//     hop1["#91;10.2.3.9#93;"]
	//   end
	//   from1 --> receive1
	//   receive1 --> own
	//   own --> send1
	//   send1 --> hop1
}
