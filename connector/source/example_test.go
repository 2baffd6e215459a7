package source_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/source"
)

func ExampleMap_Find() {
	origins := source.Map{
		`Receive["Relay"]`:          {File: "relay.ps1", Line: 1, Column: 1},
		`Receive["Relay"].Bindings`: {File: "relay.ps1", Line: 4, Column: 28},
	}
	at, _ := origins.Find(`Receive["Relay"].Bindings[0]`)
	fmt.Println(at)
	at, _ = origins.Find(`Receive["Relay"].Banner`) // not set: the connector
	fmt.Println(at)
	// Output:
	// relay.ps1:4:28
	// relay.ps1:1:1
}
