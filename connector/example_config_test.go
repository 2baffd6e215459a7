package connector_test

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// All mistakes come at once, each with its path and what would be right.
func ExampleCompile_mistakes() {
	_, err := connector.Compile(connector.Config{
		Receive: []connector.Receive{{
			Name:           "FromInternetGateway",
			RemoteIPRanges: []param.Range{param.MustParseRange("192.168.5.77")},
			AuthMechanism:  param.Value(auth.ExternalAuthoritative),
			Banner:         "Welcome",
		}},
		Send: []connector.Send{{
			Name:          "ToInternetGateway",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			TlsAuthLevel:  param.CertificateValidation,
		}},
	})
	fmt.Println(err)
	// Output:
	// Receive["FromInternetGateway"].Bindings: usage Custom has no default; give the addresses to listen on, as in 0.0.0.0:25 (bindings-missing)
	// Receive["FromInternetGateway"].PermissionGroups: AuthMechanism ExternalAuthoritative needs ExchangeServers (external-groups)
	// Receive["FromInternetGateway"].Banner: it must begin with "220 " (banner-invalid)
	// Send["ToInternetGateway"].TlsAuthLevel: CertificateValidation needs RequireTLS (tls-auth-level)
}

// Check reports mistakes and warnings without compiling.
func ExampleConfig_Check() {
	cfg := connector.Config{Receive: []connector.Receive{{
		Name:           "Relay",
		Bindings:       []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")},
		RemoteIPRanges: []param.Range{param.MustParseRange("192.0.2.0/24")},
		MaxHopCount:    1000,
	}}}
	errs, warnings := cfg.Check()
	fmt.Println(errs)
	fmt.Println(warnings)
	// Output:
	// Receive["Relay"].MaxHopCount: 1000 is out of range; give 1 to 500 (out-of-range)
	// Receive["Relay"].PermissionGroups: no permission group or grant is set, so the connector refuses all mail; give PermissionGroups or Permissions (accepts-nothing)
}

// Reports says which delivery reports a sender gets about mail that fails or is delayed.
func ExamplePolicy_Reports() {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
		Remote:   []connector.RemoteDomain{{Name: "Newsletters", DomainName: "*.bulk.example", NDREnabled: param.Value(false)}},
		Services: []connector.Service{{MaxOutboundConnections: 100}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, sender := range []string{"kim@contoso.com", "list@news.bulk.example"} {
		r := policy.Reports(routing.MustParseAddress(sender))
		fmt.Println(sender, "from", r.Postmaster, "failed:", r.Failed, "delayed:", r.Delayed)
	}
	s := policy.Service()
	fmt.Println("expires after", s.MessageExpirationTimeout, "connections to one next hop:", s.MaxPerDomainOutboundConnections)
	// Output:
	// kim@contoso.com from postmaster@contoso.com failed: true delayed: true
	// list@news.bulk.example from postmaster@contoso.com failed: false delayed: true
	// expires after 48h0m0s connections to one next hop: 40
}
