package analysis_test

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// A grant is added to a connector for scanners. What does it let in?
func ExampleCompare() {
	cfg := connector.Config{Receive: []connector.Receive{{
		Name:             "Scanners",
		Bindings:         []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")},
		RemoteIPRanges:   []param.Range{param.MustParseRange("10.0.0.0/8")},
		PermissionGroups: param.Value(permission.AnonymousUsers),
	}}}
	before, err := connector.Compile(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg.Receive[0].Permissions = []permission.Grant{
		{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)},
	}
	after, err := connector.Compile(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range analysis.Compare(before, after).Changes {
		fmt.Println(c)
		fmt.Println("for example", c.Witness.Remote, "to", c.Witness.To[0])
	}
	fmt.Println("at least as strict:", analysis.AtLeastAsStrict(after, before))
	// Output:
	// Clients in 10.0.0.0/8 may now relay to any domain without authentication (connector "Scanners").
	// for example 10.0.0.1 to user@host.elsewhere
	// at least as strict: false
}
