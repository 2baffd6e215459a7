package export_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/connector/source"
)

func Example() {
	connectors, err := export.Read("receive.txt", []byte(`
Name             : Relay
Server           : EX01
Enabled          : True
Bindings         : {0.0.0.0:25}
RemoteIPRanges   : {10.0.5.10, 10.0.6.0/24}
AuthMechanism    : Tls
PermissionGroups : AnonymousUsers, Custom
RequireTLS       : False
MaxMessageSize   : 36 MB (37,748,736 bytes)
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	permissions, err := export.Read("permissions.csv", []byte(
		"\"Identity\",\"User\",\"ExtendedRights\",\"Deny\"\n"+
			"\"EX01\\Relay\",\"NT AUTHORITY\\ANONYMOUS LOGON\",\"ms-Exch-SMTP-Submit\",\"False\"\n"+
			"\"EX01\\Relay\",\"NT AUTHORITY\\ANONYMOUS LOGON\",\"ms-Exch-SMTP-Accept-Any-Recipient\",\"False\"\n"+
			"\"EX01\\Relay\",\"NT AUTHORITY\\ANONYMOUS LOGON\",\"ms-Exch-SMTP-Accept-Any-Sender\",\"False\"\n"+
			"\"EX01\\Relay\",\"NT AUTHORITY\\ANONYMOUS LOGON\",\"ms-Exch-Accept-Headers-Routing\",\"False\"\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var cfg connector.Config
	origins := source.Map{}
	if _, err := export.Merge(&cfg, origins, connectors, permissions); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.Receive[0].RemoteIPRanges)
	fmt.Println(cfg.Receive[0].Permissions)
	fmt.Println(origins[`Receive["Relay"].RemoteIPRanges`])
	fmt.Println(origins[`Receive["Relay"].Permissions[0]`])
	// Output:
	// [10.0.5.10 10.0.6.0/24]
	// [allow ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\ANONYMOUS LOGON (explicit) remove ms-Exch-SMTP-Accept-Authoritative-Domain-Sender from NT AUTHORITY\ANONYMOUS LOGON (explicit)]
	// receive.txt:6
	// permissions.csv:3
}

// A list that Format-List cut off is not taken for the whole.
func ExampleRead_cut() {
	_, err := export.Read("receive.txt", []byte("Name           : Relay\nRemoteIPRanges : {10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4...}\n"))
	fmt.Println(err)
	// Output:
	// receive.txt:2: Receive["Relay"].RemoteIPRanges: the list was cut off: its end is an ellipsis; export with Export-Clixml, or with Format-List after $FormatEnumerationLimit = -1 (value-invalid)
}
