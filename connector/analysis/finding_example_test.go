package analysis_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
)

// A connector for printers is open to all clients. Check reports it, and the repair
// removes the right.
func ExampleCheck() {
	policy, err := jsonconfig.Compile("printers.json", []byte(`{
	  "Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	  "Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}],
	  "Receive": [{
	    "Name": "Printers", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["0.0.0.0/0"], "PermissionGroups": "AnonymousUsers",
	    "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]
	  }],
	  "Send": [{"Name": "Home", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := policy.Config()
	for _, f := range analysis.Check(policy, analysis.Options{}) {
		fmt.Println(f.Severity, f.Code, f.Path)
		fmt.Println(f.Witness.Remote, "sends to", f.Witness.To[0])
		f.Repair(&cfg)
	}
	repaired, err := connector.Compile(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(analysis.Check(repaired, analysis.Options{})), "findings")
	// Output:
	// error open-relay Receive["Printers"].RemoteIPRanges
	// 203.0.113.1 sends to user@host.elsewhere
	// 0 findings
}
