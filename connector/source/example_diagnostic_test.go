package source_test

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/source"
)

// One loop lists the mistakes of a file and of the policy in it, whichever package found
// them.
func ExampleDiagnostics() {
	_, err := jsonconfig.Compile("relay.json", []byte(`{
  "Receive": [
    {"Name": "Relay", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8"], "MaxHopCount": 501},
    {"Name": "Relay", "Bindings": ["0.0.0.0:2525"], "RemoteIPRanges": ["10.0.0.0/8"], "Banner": true}
  ]
}`))
	var list source.Diagnostics
	if errors.As(err, &list) {
		for _, d := range list {
			fmt.Println(d.Line, d.Path, d.Code)
			fmt.Println("  ", d.Detail)
		}
	}
	fmt.Println("a name is used twice:", errors.Is(err, source.CodeNameDuplicate))
	// Output:
	// 3 Receive["Relay"].MaxHopCount out-of-range
	//    501 is out of range; give 1 to 500
	// 4 Receive[1].Name name-duplicate
	//    "Relay" is the name of Receive[0] already; give it another
	// 4 Receive[1].Banner value-invalid
	//    give a string, not true or false
	// a name is used twice: true
}
