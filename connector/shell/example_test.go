package shell_test

import (
	"context"
	"fmt"
	"os"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/routing"
)

// The commands of an anonymous relay make a configuration, and the
// configuration a policy.
func Example() {
	in := shell.New(shell.Options{Server: routing.Server{Name: "EX01"}, Out: os.Stdout})
	err := in.Run(context.Background(), "relay.ps1", []byte(`
# printers and scanners
New-ReceiveConnector Relay -TransportRole FrontendTransport -Usage Custom -PermissionGroups AnonymousUsers `+"`"+`
    -Bindings 0.0.0.0:25 -RemoteIPRanges 192.168.5.77, 10.0.6.0/24 | Out-Null
Get-ReceiveConnector Relay |
    Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "ms-Exch-SMTP-Accept-Any-Recipient" | Out-Null
Get-ReceiveConnector | where { $_.Name -like "*Relay*" } | select Name, Enabled
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := connector.Compile(in.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	at, _ := in.Places().Find(`Receive["Relay"].RemoteIPRanges[1]`)
	fmt.Println(len(policy.Bindings()), "bindings; the ranges were set at", at)
	// Output:
	// Name  Enabled
	// ----  -------
	// Relay True
	//
	// 10 bindings; the ranges were set at relay.ps1:4:42
}

// Whatever isn't supported is refused with its place and what to write instead.
func ExampleInterpreter_Run() {
	in := shell.New(shell.Options{})
	err := in.Run(context.Background(), "change.ps1", []byte("Set-ReceiveConnector 'Default localhost' -MaxMesageSize 20MB\ntrap { }"))
	fmt.Println(err)
	err = in.Run(context.Background(), "change.ps1", []byte("Set-ReceiveConnector 'Default localhost' -MaxMesageSize 20MB"))
	fmt.Println(err)
	// Output:
	// change.ps1:2:1: trap is not supported (syntax)
	//     trap { }
	//     ^~~~
	//     fix: try { … } catch { … }
	// change.ps1:1:42: Set-ReceiveConnector has no parameter -MaxMesageSize; did you mean -MaxMessageSize? (parameter-unknown)
	//     Set-ReceiveConnector 'Default localhost' -MaxMesageSize 20MB
	//                                              ^~~~~~~~~~~~~~
}

// Complete is what a prompt's tabulator needs.
func ExampleInterpreter_Complete() {
	in := shell.New(shell.Options{Server: routing.Server{Name: "EX01"}})
	for _, typed := range []string{"Set-Rec", "Set-ReceiveConnector -Protocol", "Set-ReceiveConnector cl", "Set-ReceiveConnector x -ProtocolLoggingLevel "} {
		_, words := in.Complete(typed)
		fmt.Println(words)
	}
	// Output:
	// [Set-ReceiveConnector]
	// [-ProtocolLoggingLevel]
	// ['Client Frontend EX01' 'Client Proxy EX01']
	// [None Verbose]
}
