package load_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
)

// What `gateway check` prints of a script: who may relay, and what has no effect.
func ExampleLoaded_Findings() {
	files := fstest.MapFS{"scanners.ps1": {Data: []byte(`New-ReceiveConnector Scanners -Usage Custom -Bindings 0.0.0.0:25 -RemoteIPRanges 10.2.9.0/24 ` + "`" + `
    -TransportRole FrontendTransport -AuthMechanism Tls -PermissionGroups AnonymousUsers -EnableAuthGSSAPI $true
Add-ADPermission Scanners -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient
`)}}
	policy, err := load.Files(context.Background(), load.Options{Server: "HubA", ReadFile: files.ReadFile}, "scanners.ps1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range policy.Findings(analysis.Options{}) {
		if f.File != "" { // not about what Exchange's setup makes
			fmt.Println(f)
		}
	}
	// Output:
	// scanners.ps1:2: Receive["Scanners"].EnableAuthGSSAPI: warning: EnableAuthGSSAPI has no effect: GSSAPI is never offered (not-enforced)
	// scanners.ps1:1: Receive["Scanners"]: note: clients in 10.2.9.0/24 on 0.0.0.0:25 may relay to any domain as any sender without authentication (relay-anonymous)
}
