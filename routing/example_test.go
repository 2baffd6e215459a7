package routing_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/routing"
)

// Two connectors, and the one that each recipient leaves by.
func Example() {
	spaces := func(list ...string) (parsed []routing.AddressSpace) {
		for _, s := range list {
			parsed = append(parsed, routing.MustParseAddressSpace(s))
		}
		return parsed
	}
	routes := []routing.Connector{
		{Name: "ToInternetGateway", Spaces: spaces("*")},
		{Name: "ToFabrikam", Spaces: spaces("fabrikam.com", "*.fabrikam.com;5"), MaxSize: 10 << 20},
	}
	table, err := routing.NewTable(routing.Topology{}, routes)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range []string{"chris@fabrikam.com", "chris@mail.fabrikam.com", "chris@example.net"} {
		to := routing.MustParseAddress(s)
		m := table.Lookup(routing.Query{Domain: to.Domain()})
		fmt.Println(to, m.Outcome, routes[m.Index].Name, m.Space)
	}
	// Output:
	// chris@fabrikam.com Routed ToFabrikam SMTP:fabrikam.com;1
	// chris@mail.fabrikam.com Routed ToFabrikam SMTP:*.fabrikam.com;5
	// chris@example.net Routed ToInternetGateway SMTP:*;1
}

func ExampleTable_Explain() {
	topology := routing.Topology{
		Local:   "HUB1",
		Servers: []routing.Server{{Name: "HUB1", Site: "Berlin"}, {Name: "HUB2", Site: "Paris"}},
		Links:   []routing.SiteLink{{Sites: []string{"Berlin", "Paris"}, Cost: 10}},
	}
	space := func(s string) []routing.AddressSpace {
		return []routing.AddressSpace{routing.MustParseAddressSpace(s)}
	}
	table, err := routing.NewTable(topology, []routing.Connector{
		{Name: "Internet", Spaces: space("*;20")},
		{Name: "Internet via Paris", Spaces: space("*;5"), Sources: []string{"HUB2"}},
		{Name: "Partner", Spaces: space("contoso.com"), MaxSize: 1000},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	q := routing.Query{Domain: routing.MustParseDomain("contoso.com"), Size: 2000}
	m, candidates := table.Explain(q)
	fmt.Println(m.Outcome)
	for _, c := range candidates {
		fmt.Println(c)
	}
	// Output:
	// Routed
	// "Internet via Paris" SMTP:*;5 at cost 15 via "HUB2" is chosen
	// "Partner" SMTP:contoso.com;1 at cost 1 is too small for the message
	// "Internet" SMTP:*;20 at cost 20 has a higher cost
}

func ExampleNewTable_problems() {
	_, err := routing.NewTable(routing.Topology{Local: "HUB1"}, []routing.Connector{
		{Name: "Internet", Spaces: []routing.AddressSpace{{}}, Sources: []string{"HUB1", "HUB9"}},
		{Name: "internet", MaxSize: -1},
	})
	fmt.Println(err)
	// Output:
	// Connectors[0].Spaces[0]: is the zero AddressSpace (value-invalid)
	// Connectors[0].Sources[1]: "HUB9" is not one of the servers (server-unknown)
	// Connectors[1].Name: "internet" is the name of Connectors[0] already; give it another (name-duplicate)
	// Connectors[1].MaxSize: -1 is negative; 0 is unlimited (out-of-range)
}

func ExampleParseDomain() {
	for _, s := range []string{"Contoso.COM.", "Bücher.example", "[IPv6:::ffff:192.0.2.1]", "contoso..com"} {
		d, err := routing.ParseDomain(s)
		fmt.Printf("%q %v\n", d, err)
	}
	// Output:
	// "contoso.com" <nil>
	// "xn--bcher-kva.example" <nil>
	// "[192.0.2.1]" <nil>
	// "" domain "contoso..com": has an empty label
}

// The quotes decide where the domain is, and are put back where they must be.
func ExampleParsePath() {
	a, rest, err := routing.ParsePath(`<"victim@example.net> SIZE=1"@contoso.com> SIZE=2`, false)
	fmt.Println(a.Local())
	fmt.Println(a.Domain())
	fmt.Println(a)
	fmt.Printf("%q %v\n", rest, err)
	// Output:
	// victim@example.net> SIZE=1
	// contoso.com
	// "victim@example.net> SIZE=1"@contoso.com
	// " SIZE=2" <nil>
}

func ExampleParseAddressSpace() {
	for _, s := range []string{"contoso.com", "smtp:*.Contoso.com;10", "X400:o=MySite;p=MyOrg;c=us;2", "*contoso.com"} {
		a, err := routing.ParseAddressSpace(s)
		fmt.Println(a, a.Cost(), err)
	}
	// Output:
	// SMTP:contoso.com;1 1 <nil>
	// SMTP:*.contoso.com;10 10 <nil>
	// X400:o=MySite;p=MyOrg;c=us;2 2 <nil>
	//  0 address space "*contoso.com": has a wildcard that is not its whole first label; *.contoso.com is right
}

func ExampleAccepted_Lookup() {
	accepted, err := routing.NewAccepted(
		routing.AcceptedDomain{DomainName: "contoso.com", MatchSubDomains: true},
		routing.AcceptedDomain{DomainName: "*.lab.contoso.com", DomainType: routing.ExternalRelay},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range []string{"contoso.com", "sales.contoso.com", "a.lab.contoso.com", "example.net"} {
		typ, ok := accepted.Lookup(routing.MustParseDomain(s))
		fmt.Println(s, typ, ok)
	}
	// Output:
	// contoso.com Authoritative true
	// sales.contoso.com Authoritative true
	// a.lab.contoso.com ExternalRelay true
	// example.net  false
}
