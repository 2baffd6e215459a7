package policytest_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/policytest"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// printers is a policy in which somebody has made a mistake.
const printers = `{
  "Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}],
  "Receive": [{
    "Name": "Printers", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.2.0.0/20"], "PermissionGroups": "AnonymousUsers",
    "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]
  }],
  "Send": [{"Name": "ToInternet", "AddressSpaces": ["*"]}]
}`

// Relays finds out who may relay although only 10.2.9.0/24 should.
func ExampleRelays() {
	policy, err := jsonconfig.Compile("printers.json", []byte(printers))
	if err != nil {
		panic(err)
	}
	printersOnly := policytest.AllowedRelays{From: []param.Range{param.MustParseRange("10.2.9.0/24")}}
	for _, r := range policytest.Relays(policy, printersOnly) {
		fmt.Println(r)
	}
	// Output:
	// 10.2.0.0-10.2.8.255, 10.2.10.0-10.2.15.255 may relay as NT AUTHORITY\ANONYMOUS LOGON through "Printers", at [10.2.3.4:25], to friend@host.example
}

// Check says how the result of a session differs from the expected one.
func ExampleCase_Check() {
	policy, err := jsonconfig.Compile("printers.json", []byte(printers))
	if err != nil {
		panic(err)
	}
	c := policytest.Case{
		Remote: "10.2.9.7", From: "printer@example.net", To: []string{"bob@fabrikam.com"},
		Want: policytest.Refused(reply.AnonymousSendAsDenied),
	}
	fmt.Println(c.Check(policy) != nil)
	c.Want = policytest.LetIn()
	fmt.Println(c.Check(policy))
	// Output:
	// true
	// <nil>
}
