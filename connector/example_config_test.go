package connector_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// All mistakes come at once, each with its path and what would be right.
func ExampleCompile_mistakes() {
	_, err := connector.Compile(connector.Config{
		Receive: []connector.Receive{{
			Name:           "FromInternetGateway",
			RemoteIPRanges: []connector.Range{connector.MustParseRange("192.168.5.77")},
			AuthMechanism:  connector.Value(auth.ExternalAuthoritative),
			Banner:         "Welcome",
		}},
		Send: []connector.Send{{
			Name:          "ToInternetGateway",
			AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
			TlsAuthLevel:  connector.CertificateValidation,
		}},
	})
	fmt.Println(err)
	// Output:
	// Receive["FromInternetGateway"].Bindings: usage Custom has no default; give the addresses to listen on, as in 0.0.0.0:25 (bindings-missing)
	// Receive["FromInternetGateway"].PermissionGroups: AuthMechanism ExternalAuthoritative needs ExchangeServers (external-groups)
	// Receive["FromInternetGateway"].Banner: it must begin with "220 " (banner-invalid)
	// Send["ToInternetGateway"].TlsAuthLevel: CertificateValidation needs RequireTLS (tls-auth-level)
}

// Reports says what a sender is told of mail that failed or takes long.
func ExamplePolicy_Reports() {
	policy, err := connector.Compile(connector.Config{
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
		Remote:   []connector.RemoteDomain{{Name: "Newsletters", DomainName: "*.bulk.example", NDREnabled: connector.Value(false)}},
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

func ExampleParseByteSize() {
	size, err := connector.ParseByteSize("36MB")
	fmt.Println(size, err)
	// Output: 36 MB (37,748,736 bytes) <nil>
}

func ExampleParseTimeSpan() {
	_, err := connector.ParseTimeSpan("30")
	fmt.Println(err)
	// Output: connector: time span "30": a bare number means days in Exchange; write d.00:00:00 for days or hh:mm:ss for less
}

func ExampleRange_Prefixes() {
	for p := range connector.MustParseRange("10.0.0.1-10.0.0.6").Prefixes() {
		fmt.Println(p)
	}
	// Output:
	// 10.0.0.1/32
	// 10.0.0.2/31
	// 10.0.0.4/31
	// 10.0.0.6/32
}
