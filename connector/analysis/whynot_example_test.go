package analysis_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// A scanner may not relay. What would let it, and what else would that let in?
func ExampleWhyNot() {
	policy, err := connector.Compile(fabrikam())
	if err != nil {
		panic(err)
	}
	edits, _ := analysis.WhyNot(policy, scanner())
	for _, edit := range edits {
		fmt.Println(edit.Text)
		for _, change := range edit.Admits {
			fmt.Println("   ", change.Aspect, change.Domains, change.Clients[0].Ranges)
		}
	}
	// Output:
	// add 10.9.8.7 to the RemoteIPRanges of Relay
	//     relay [any domain] [10.9.8.7]
	// accept mail for contoso.com as an external relay domain
	//     recipient [contoso.com] [0.0.0.0/0]
	// grant ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON
	//     relay [any domain] [0.0.0.0/0]
}
